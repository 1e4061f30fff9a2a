#!/usr/bin/python3
"""Measures how long after the commit of a migration /readyz says 200, while the migration command goes on.

  tests/bench/ready.py                 100 runs with 1 sidecar and 100 with 50, build/release/schemalatch
  RUNS=20 SIDECARS="1 10" tests/bench/ready.py     fewer
  SCHEMALATCH_BINARY=... tests/bench/ready.py      another binary

The instant of the commit is the server's own (pg_xact_commit_timestamp of the bookkeeping row); server and sidecars share
this machine's clock and cores. The last of the sidecars counts. The command commits first and works on for AFTER seconds.
"""
import contextlib
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from postgres import PostgresServer  # noqa: E402
from sidecar import Schemalatch  # noqa: E402
from upgrading import Runner, migration, prepare, rows  # noqa: E402

RUNS = int(os.environ.get("RUNS", "100"))
SIDECARS = [int(count) for count in os.environ.get("SIDECARS", "1 50").split()]
AFTER = float(os.environ.get("AFTER", "5"))
BINARY = os.environ.get("SCHEMALATCH_BINARY", str(ROOT / "build/release/schemalatch"))


def seconds_until_all_ready(binary, server, url, sidecars, version):
    flags = ["--tool", "golang-migrate", "--require", str(version)]
    pods = [binary.serve("--url", url, *flags) for _ in range(sidecars)]
    for pod in pods:
        pod.wait_for_state("behind")
    time.sleep(0.2)  # they listen by now
    runner = Runner(binary.binary, ["--url", url, *flags], migration(url, f"to={version}", "early", f"seconds={AFTER}"))
    ready = {}
    while len(ready) < len(pods):
        time.sleep(0.001)  # or we would take the cores from those whom we measure
        for pod in pods:
            if pod.port not in ready and pod.readyz()[0] == 200:
                ready[pod.port] = time.time()
    assert runner.process.poll() is None, "the command was to go on"
    committed = rows(server, url, "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM schema_migrations")[0][0]
    runner.end()
    for pod in pods:
        pod.kill()
    return max(ready.values()) - committed


def main():
    binary = Schemalatch(BINARY)
    with PostgresServer({"track_commit_timestamp": "on", "max_connections": 200}) as server, contextlib.ExitStack() as stack:
        stack.callback(binary.stop_all)
        for sidecars in SIDECARS:
            url = prepare(server, version=1)
            took = sorted(1000 * seconds_until_all_ready(binary, server, url, sidecars, run + 2) for run in range(RUNS))
            p99 = took[min(len(took) - 1, int(0.99 * len(took)))]
            print(f"{sidecars} sidecar(s), {RUNS} runs: median {statistics.median(took):.1f} ms, p99 {p99:.1f} ms, worst {took[-1]:.1f} ms", flush=True)


main()
