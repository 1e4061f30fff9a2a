"""A migration command for SQLite: migrate_sqlite.py FILE WORD...

  to=N         writes version N, at the end
  seconds=S    is at work for so long
  exit=N       how it ends
  half         is at work in a transaction that has reached the file already
  child        leaves the work to a grandchild

Into FILE.work, beside the database, each writes a line when it begins (its process id), and one when it ends; before
that, one for each that began and still lives.
"""
import os
import sqlite3
import subprocess
import sys
import time


def tell(file, text):
    with open(f"{file}.work", "a") as work:
        work.write(text + "\n")


def tell_of_others(file):
    if not os.path.exists(f"{file}.work"):
        return
    with open(f"{file}.work") as work:
        lines = [line.split() for line in work]
    for pid in {pid for word, pid in lines if word == "begin"} - {pid for word, pid in lines if word == "end"}:
        if os.path.exists(f"/proc/{pid}"):
            tell(file, f"overlap {pid}")


def work(file, words):
    tell_of_others(file)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (version uint64, dirty bool)")
    if "half" in words:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("CREATE TABLE IF NOT EXISTS big (x)")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM schema_migrations")
        connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) INSERT INTO big SELECT randomblob(4000) FROM n")
    tell(file, f"begin {os.getpid()}")
    time.sleep(float(words.get("seconds", 0)))
    if "to" in words:
        if not connection.in_transaction:
            connection.execute("BEGIN")
        connection.execute("DELETE FROM schema_migrations")
        connection.execute("INSERT INTO schema_migrations VALUES (?, 0)", (words["to"],))
        connection.execute("COMMIT")
    tell(file, f"end {os.getpid()}")


def main():
    file, *rest = sys.argv[1:]
    words = dict(word.partition("=")[::2] for word in rest)
    if "child" in words:
        remaining = [word for word in rest if word != "child"]
        subprocess.run(["sh", "-c", '"$@" & wait', "sh", sys.executable, __file__, file, *remaining], check=True)
    else:
        work(file, words)
    sys.exit(int(words.get("exit", 0)))


main()
