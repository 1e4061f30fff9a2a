"""More rows than anybody has: the memory that a look at them takes is bounded."""
import json
import re
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


MOST = 256  # MiB; a process that is one of many in a pod has no more


def look_at_all(schemalatch, books, require, state):
    """What a sidecar says after one look, and the most memory that it ever had, in MiB."""
    started = time.monotonic()
    sidecar = schemalatch.watch(books.url, "django", require, deadline="30s", interval="1h", interval_ready="1h")
    # Not by /version: rendering that many ids over and over is what would then be measured.
    sidecar.wait_for(lambda it: it.readyz()[0] == 200 if state == "satisfied" else f" {state}: " in it.readyz()[1], state)
    took = time.monotonic() - started
    with open(f"/proc/{sidecar.process.pid}/status", encoding="ascii") as status:
        peak = int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.MULTILINE).group(1)) / 1024
    print(f"{books.kind}: {state} after {took:.2f} s, peak {peak:.0f} MiB")
    seen = sidecar.dependency()
    sidecar.kill()
    assert seen["state"] == state
    return seen["reason"], peak


def test_a_hundred_thousand_rows_are_read_in_bounded_memory(schemalatch, tmp_path, books):
    ids = [f"app{number % 50}.{number:06}_migration" for number in range(100_000)]
    books.create("django").django(*ids)
    reason, peak = look_at_all(schemalatch, books, baked(tmp_path, ids), "satisfied")
    assert "needs 100000 migrations, all of them applied" in reason
    assert peak < MOST
    reason, peak = look_at_all(schemalatch, books, baked(tmp_path, [*ids, "shop.new"]), "behind")
    assert "1 missing: shop.new" in reason
    assert peak < MOST


def test_more_rows_than_any_project_has_are_unreadable_in_bounded_memory(schemalatch, tmp_path, books):
    books.create("django").django(*(f"app.{number}" for number in range(200_001)))
    reason, peak = look_at_all(schemalatch, books, baked(tmp_path, ["app.1"]), "unreadable")
    assert "more than 200000 row(s)" in reason
    assert peak < MOST
