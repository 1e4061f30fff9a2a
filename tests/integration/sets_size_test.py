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


def test_more_bytes_than_a_look_takes_are_unreadable(schemalatch, tmp_path, books):
    number = ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 150000) SELECT i FROM n" if books.kind == "sqlite"
              else "SELECT i FROM generate_series(1, 150000) AS n(i)")
    text = "replace(hex(zeroblob(450)), '0', 'x')" if books.kind == "sqlite" else "repeat('x', 900)"
    books.execute(f"CREATE VIEW django_migrations AS SELECT i AS id, 'shop' AS app, i || {text} AS name, 1 AS applied FROM ({number}) AS n")
    reason, peak = look_at_all(schemalatch, books, baked(tmp_path, ["shop.1"]), "unreadable")
    assert peak < MOST
    assert "holds more than 16 MiB of versions" in reason


def test_a_hundred_thousand_rows_of_150_bytes_are_read(schemalatch, tmp_path, books):
    ids = [f"shop.{number:0145}" for number in range(100_000)]
    books.create("django").django(*ids)
    _, peak = look_at_all(schemalatch, books, baked(tmp_path, ids[:10]), "satisfied")
    assert peak < MOST


def test_more_rows_than_any_project_has_are_unreadable_in_bounded_memory(schemalatch, tmp_path, books):
    books.create("django").django(*(f"app.{number}" for number in range(200_001)))
    reason, peak = look_at_all(schemalatch, books, baked(tmp_path, ["app.1"]), "unreadable")
    assert "more than 200000 row(s)" in reason
    assert peak < MOST
