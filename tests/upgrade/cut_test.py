"""The holder's network is cut: packets vanish both ways. Needs namespaces, and so root; run.sh gives each its own."""
import pathlib
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from namespaces import OURS, ServerNamespace, why_not  # noqa: E402
from postgres import PostgresServer  # noqa: E402
from shards import instants  # noqa: E402
from upgrading import Runner, migration, outcomes, overlaps, prepare, rows, wait_until  # noqa: E402

TAKEOVER = 20  # seconds, promised
FLAGS = ["--tool", "golang-migrate", "--require", "3"]


@pytest.fixture(scope="module")
def elsewhere():
    if why := why_not():
        pytest.skip(why)
    with ServerNamespace() as namespace:
        yield namespace


@pytest.fixture(scope="module")
def server(elsewhere):
    with PostgresServer({"listen_addresses": f"127.0.0.1,{OURS}"}) as running:
        with open(running.data / "pg_hba.conf", "a", encoding="utf8") as rules:
            rules.write("host all all 192.0.2.0/24 trust\n")
        running.execute("postgres", "SELECT pg_reload_conf()")
        yield running


def drop_at_the_server(action):
    subprocess.run(["iptables", "-w", action, "INPUT", "-i", "ours", "-j", "DROP"], check=True)


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("instant", instants(10))
def test_a_holder_that_is_cut_off_kills_its_command_and_another_takes_over(schemalatch, elsewhere, server, tmp_path, instant, journal):
    url = prepare(server, version=1)
    far = url.replace("127.0.0.1", OURS)
    config = tmp_path / "gate.toml"
    config.write_text("".join(f'[[dependency]]\nname = "{name}"\nurl = "{it}"\ntool = "golang-migrate"\nrequire = "3"\njournal = "{"schemalatch" if journal else ""}"\n'
                              for name, it in (("far", far), ("near", url))))
    flags = ["--config", config, "--dependency"]
    command = migration(far, "to=3", "seconds=60", "child")
    first = Runner(elsewhere.launcher[0], [], [], words=[*elsewhere.launcher[1:], schemalatch.binary, "upgrade", *flags, "far", "--", *command])
    wait_until(lambda: rows(server, url, "SELECT pid FROM work WHERE ended IS NOT NULL"), "work")
    time.sleep(instant * 0.05)
    elsewhere.drop_all()
    drop_at_the_server("-I")
    cut = time.monotonic()
    try:
        second = Runner(schemalatch.binary, [*flags, "near"], migration(url, "to=3", "seconds=0.1"))
        assert second.end(TAKEOVER + 10) == 0, second.err
        took = time.monotonic() - cut
        print(f"taken over after {took:.2f} s")
        assert first.end() == 9, first.err
        assert overlaps(server, url) == 0
        assert took < TAKEOVER
        if journal:
            assert outcomes(server, url)[-1] == ("succeeded", 0)
    finally:
        elsewhere.drop_nothing()
        drop_at_the_server("-D")
