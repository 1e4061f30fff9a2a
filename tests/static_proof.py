#!/usr/bin/env python3
"""Is a binary one static executable that needs nothing around it? Runs it in an empty root: TLS logins with SCRAM at a real
PostgreSQL whose name comes from DNS and from /etc/hosts, SQLite, and a sidecar. Prints its size and what it takes idle.

    tests/static_proof.py BINARY        as root
"""
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "support"), str(HERE / "faults")]

import namespaces  # noqa: E402
from certificates import Authority, put  # noqa: E402
from name_server import NameServer  # noqa: E402
from postgres import SERVER_USER, PostgresServer  # noqa: E402

IN_DNS, IN_HOSTS = "db.test", "db.hosts"
PASSWORD = "one-of-scram"
CHROOT = "/usr/sbin/chroot"
LIMIT = 20  # seconds; nothing here should ever take that long


def fail(what):
    sys.exit(f"static_proof.py: error: {what}")


def check_file(binary):
    words = ["readelf", "--wide", "--program-headers", "--dynamic", binary]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    for word in ("INTERP", "(NEEDED)", "TEXTREL"):
        if word in told:
            fail(f"{binary} has {word}; it is no static executable that may lie anywhere in memory")
    print("no interpreter, no library needed")


class EmptyRoot:
    """Nothing but the binary and what a container's runtime brings: /etc/resolv.conf and /etc/hosts."""

    def __init__(self, folder, binary, authority):
        self.folder = folder
        (folder / "etc").mkdir()
        (folder / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        (folder / "etc/hosts").write_text(f"127.0.0.1 {IN_HOSTS}\n")
        shutil.copy(binary, folder / "schemalatch")
        os.sync()  # pages that are not on the disk yet would count as dirty ones of the process
        shutil.copy(authority.certificate, folder / "ca.crt")

    def command(self, *words):
        return [CHROOT, self.folder, "/schemalatch", *words]

    def expect(self, code, what, *words):
        done = subprocess.run(self.command(*words), env={}, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LIMIT,
                              check=False)
        if done.returncode != code:
            fail(f"{what}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        print(what)


def prepare(server, authority):
    server.execute("postgres", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
                   "INSERT INTO alembic_version VALUES ('r2')", f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
                   "GRANT SELECT ON alembic_version TO reader")
    hba = server.data / "pg_hba.conf"
    hba.write_text("hostssl all reader all scram-sha-256\nhost all reader all reject\n" + hba.read_text())
    server.stop()
    for name in (IN_DNS, IN_HOSTS):
        for source, suffix in zip(authority.issue(name, name), ("crt", "key")):
            put(source, server.data / f"{name}.{suffix}", SERVER_USER)


def start_as(server, name):
    server.settings |= {"ssl": "on", "ssl_cert_file": f"{name}.crt", "ssl_key_file": f"{name}.key"}
    server.start()


def question(server, name, password=PASSWORD):
    url = f"postgresql://reader:{password}@{name}:{server.port}/postgres?sslmode=verify-full&sslrootcert=/ca.crt"
    return "--url", url, "--tool", "alembic", "--require", "r2"


def prove_logins(root, server, name, other_name):
    root.expect(0, f"{name}: TLS, verify-full, SCRAM", "check", *question(server, name))
    root.expect(6, f"{name}: a wrong password is denied", "check", *question(server, name, "wrong"))
    root.expect(5, f"{other_name}: refused, the certificate is for {name}", "check", *question(server, other_name))


def prove_sqlite(root):
    migrations = root.folder / "migrations"
    migrations.mkdir()
    (migrations / "1_orders.up.sql").write_text("CREATE TABLE orders (id int);\n")
    root.expect(0, "bake", "bake", "--tool", "golang-migrate", "--from", "/migrations", "--output", "/required.json")
    database = sqlite3.connect(root.folder / "orders.db")
    with database:
        database.execute("CREATE TABLE schema_migrations (version uint64, dirty bool)")
        database.execute("INSERT INTO schema_migrations VALUES (1, 0)")
    database.close()
    words = "check", "--url", "sqlite:////orders.db", "--tool", "golang-migrate", "--require"
    root.expect(0, "check on SQLite", *words, "@/required.json")
    root.expect(1, "check on SQLite, behind", *words, "2")


def wait_for(condition, what, log):
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        if time.monotonic() > end:
            fail(f"{what} never came:\n{log.read_text()}")
        time.sleep(0.02)
    return found


def status_of(address):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address}/readyz", timeout=LIMIT) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def prove_serve(root, server, name):
    log = root.folder / "log"
    words = root.command("serve", *question(server, name), "--listen", "127.0.0.1:0")
    with open(log, "w") as sink, subprocess.Popen(words, env={}, stderr=sink, stdin=subprocess.DEVNULL) as process:
        try:
            address = wait_for(lambda: re.search(r"answers on .*?([\d.]+:\d+)", log.read_text()), "its address", log).group(1)
            wait_for(lambda: status_of(address) == 200, "200 of /readyz", log)
            print("serve: /readyz answers 200; idle, it takes", memory_of(process.pid))
        finally:
            process.terminate()
    if process.returncode != 0:
        fail(f"serve exited {process.returncode} on SIGTERM\n{log.read_text()}")


def memory_of(process):
    told = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
    return ", ".join(f"{name} {re.search(rf'^{name}: +(.*)', told, re.M).group(1)}" for name in ("Rss", "Private_Dirty"))


def print_size(root):
    stripped = root.folder / "stripped"
    subprocess.run(["strip", "-o", stripped, root.folder / "schemalatch"], check=True)
    print(f"stripped: {stripped.stat().st_size} bytes")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: static_proof.py BINARY")
    if os.geteuid() != 0:
        fail("needs root, for a root folder and a network of its own")
    namespaces.enter()
    binary = pathlib.Path(sys.argv[1]).resolve()
    check_file(binary)
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        authority = Authority(base / "ca")
        (base / "root").mkdir()
        root = EmptyRoot(base / "root", binary, authority)
        prove_sqlite(root)
        with NameServer(IN_DNS, "127.0.0.1"), PostgresServer() as server:
            prepare(server, authority)
            start_as(server, IN_HOSTS)
            prove_logins(root, server, IN_HOSTS, IN_DNS)
            server.stop()
            start_as(server, IN_DNS)
            prove_logins(root, server, IN_DNS, IN_HOSTS)
            prove_serve(root, server, IN_DNS)
        print_size(root)


main()
