"""More rows than anybody has: what a look at them costs is printed, and bounded."""
import json
import resource
import time

import pytest

from books import Books


@pytest.fixture
def books(database_url):
    return Books(database_url)


def baked(tmp_path, required):
    path = tmp_path / "required.json"
    path.write_text(json.dumps({"format": 1, "tool": "django", "required": required}))
    return f"@{path}"


def peak_memory_and_time(schemalatch, books, require):
    """Code and line of one check; MiB and seconds."""
    started = time.monotonic()
    result = schemalatch.run("check", "--url", books.url, "--require", require, env={"SCHEMALATCH_DEADLINE": "30s"})
    took = time.monotonic() - started
    return result.code, result.out, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, took


def test_a_hundred_thousand_rows_are_read_in_bounded_memory_and_time(schemalatch, tmp_path, books):
    ids = [f"app{number % 50}.{number:06}_migration" for number in range(100_000)]
    books.create("django").django(*ids)
    code, reason, memory, took = peak_memory_and_time(schemalatch, books, baked(tmp_path, ids))
    print(f"{books.kind}: 100,000 rows, all required: {took:.2f} s, peak of all children {memory:.0f} MiB")
    assert (code, "needs 100000 migrations, all of them applied" in reason) == (0, True)
    assert memory < 512
    code, reason, _, took = peak_memory_and_time(schemalatch, books, baked(tmp_path, [*ids, "shop.new"]))
    assert (code, "1 missing: shop.new" in reason) == (1, True)


def test_more_rows_than_any_project_has_are_unreadable(schemalatch, tmp_path, books):
    books.create("django").django(*(f"app.{number}" for number in range(200_001)))
    code, reason, memory, took = peak_memory_and_time(schemalatch, books, baked(tmp_path, ["app.1"]))
    print(f"{books.kind}: 200,001 rows: {took:.2f} s, peak of all children {memory:.0f} MiB")
    assert code == 14
    assert "more than 200000 row(s)" in reason
