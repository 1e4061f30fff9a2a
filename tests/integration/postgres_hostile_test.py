"""What takes the connection is no PostgreSQL, or one that means us harm: the look fails, and neither memory nor password is lost."""
import resource
import struct
import time

import pytest

from fake_postgres import (ASK_FOR_PASSWORD, COPY_OUT, EMPTY_QUERY, LOGIN_OK, READY, FakePostgres, done, error, parameter,
                           result)
from sidecar import PLANTED

MOST_MEMORY = 300  # MiB; without a limit a flood takes all that it announces
SETTINGS = done(b"SET") * 4
WHEREABOUTS = result(5, [("f", "orders", "ro", "public", "public")])
VERSIONS = result(6, [("public", "t", "t", "f", "f", "t")])
NO_ROWS = result(2, [])


def answers(*results):
    def script(client):
        client.send(LOGIN_OK, READY)
        client.receive()
        client.send(SETTINGS, *results, READY)
    return script


def check(schemalatch, script, tool="golang-migrate", password="", **variables):
    with FakePostgres(script) as server:
        url = f"postgresql://ro{password and ':' + password}@127.0.0.1:{server.port}/orders"
        return schemalatch.run("check", "--url", url, "--tool", tool, "--require", "42", env=variables)


def state(result_of_check):
    return result_of_check.code, result_of_check.out.split(":")[0].split(" ", 1)[1]


def test_the_fake_can_tell_the_truth(schemalatch):
    assert check(schemalatch, answers(WHEREABOUTS, VERSIONS, result(2, [("42", "clean")]), result(1, []))).code == 0


@pytest.mark.parametrize("results, expected", [
    ((WHEREABOUTS, VERSIONS, result(2, [("42", "dirty")]), result(0, [()])), (14, "unreadable")),
    ((WHEREABOUTS, VERSIONS, result(0, [()]), result(1, [])), (14, "unreadable")),
    ((result(0, [()]), VERSIONS, NO_ROWS, result(1, [])), (14, "unreadable")),
    ((result(5, [(None, "orders", "ro", "public", "public")]), VERSIONS, NO_ROWS, result(1, [])), (14, "unreadable")),
    ((WHEREABOUTS, VERSIONS), (5, "unreachable")),
    ((WHEREABOUTS, VERSIONS, NO_ROWS), (5, "unreachable")),
    ((WHEREABOUTS, result(6, []), NO_ROWS, result(1, [])), (5, "unreachable")),
    ((), (5, "unreachable")),
])
def test_an_answer_that_is_missing_or_of_another_shape_decides_nothing(schemalatch, results, expected):
    assert state(check(schemalatch, answers(*results))) == expected


@pytest.mark.parametrize("odd", [COPY_OUT, EMPTY_QUERY, error("XX000", "")])
def test_an_answer_without_words_is_told_as_one(schemalatch, odd):
    told = check(schemalatch, answers(odd)).out
    assert "(no message)" in told, told


def announced_notice(client):
    client.send(LOGIN_OK, b"N" + struct.pack("!i", 900 << 20))
    while True:
        client.send(b"x" * (1 << 20))


def announced_notice_in_time(client):
    """Little by little, so that libpq has the room before the flood begins."""
    client.send(LOGIN_OK, b"N" + struct.pack("!i", 900 << 20))
    for _ in range(10):
        client.send(b"x" * 5000)
        time.sleep(0.01)
    while True:
        client.send(b"x" * (1 << 20))


def parameters_without_end(client):
    client.send(LOGIN_OK)
    for name in range(1 << 40):
        client.send(parameter(str(name).encode(), b"x" * 25_000) * 40)


def announced_answer(client):
    client.send(LOGIN_OK, READY)
    client.receive()
    client.send(b"N" + struct.pack("!i", 900 << 20))
    while True:
        client.send(b"x" * (1 << 20))


@pytest.mark.parametrize("flood", [announced_notice, announced_notice_in_time, parameters_without_end, announced_answer])
def test_a_flood_ends_the_look_before_it_fills_the_memory(schemalatch, flood):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.monotonic()
    told = check(schemalatch, flood)
    took, most = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{flood.__name__}: {took:.2f} s, {most} MiB (before {before // 1024} MiB)")
    assert "sent far more than was asked for" in told.out, told.out
    assert most < max(MOST_MEMORY, before // 1024 + 1)


def refuses_with_the_password(client):
    client.send(ASK_FOR_PASSWORD)
    client.send(error("28P01", f"no entry for {client.receive()[:-1].decode()}"))


def fails_the_query_with(text):
    def script(client):
        client.send(LOGIN_OK, READY)
        client.receive()
        client.send(error("XX000", text), READY)
    return script


@pytest.mark.parametrize("source", ["url", "environment", "file"])
def test_a_password_that_the_server_repeats_is_masked_wherever_it_came_from(schemalatch, tmp_path, source):
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"*:*:*:*:{PLANTED}\n")
    passfile.chmod(0o600)
    given = {"url": {"password": PLANTED}, "environment": {"PGPASSWORD": PLANTED}, "file": {"PGPASSFILE": str(passfile)}}[source]
    told = check(schemalatch, refuses_with_the_password, **given)
    assert state(told) == (6, "denied")
    assert "no entry for ***" in told.out
    told = check(schemalatch, fails_the_query_with(f"cannot serve {PLANTED} now"), **given)
    assert "cannot serve *** now" in told.out


def test_a_password_with_a_control_character_is_masked_before_it_is_escaped(schemalatch):
    told = check(schemalatch, refuses_with_the_password, PGPASSWORD="half\tZQX")
    assert "no entry for ***" in told.out and "ZQX" not in told.out
