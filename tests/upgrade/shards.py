"""Which of many like rounds this process is to run: UPGRADE_SHARD, as 0/5 for the first of five parts."""
import os


def instants(count):
    shard, shards = map(int, os.environ.get("UPGRADE_SHARD", "0/1").split("/"))
    count = int(os.environ.get("UPGRADE_COUNT", count))
    return range(shard, count, shards)
