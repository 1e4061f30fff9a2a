"""A migration command: migrate.py URL WORD...

  to=N         writes version N, at the end
  seconds=S    is at work for so long
  exit=N       how it ends
  early        writes the version first, and is at work after that
  child        leaves the work to a grandchild
"""
import os
import subprocess
import sys
import time

import psycopg2


def work(url, words):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("INSERT INTO work (pid) VALUES (%s) RETURNING id", (os.getpid(),))
    row = cursor.fetchone()[0]
    if "early" in words:
        write(cursor, words)
    end = time.monotonic() + float(words.get("seconds", 0))
    while time.monotonic() < end:  # tells all the while that it lives
        cursor.execute("UPDATE work SET ended = clock_timestamp() WHERE id = %s", (row,))
        time.sleep(0.02)
    if "early" not in words:
        write(cursor, words)
    cursor.execute("UPDATE work SET ended = clock_timestamp() WHERE id = %s", (row,))
    connection.close()


def write(cursor, words):
    if "to" in words:
        cursor.execute("BEGIN; DELETE FROM schema_migrations; INSERT INTO schema_migrations VALUES (%s, false); COMMIT", (words["to"],))


def main():
    url, *rest = sys.argv[1:]
    words = dict(word.partition("=")[::2] for word in rest)
    if "child" in words:
        remaining = [word for word in rest if word != "child"]
        subprocess.run(["sh", "-c", '"$@" & wait', "sh", sys.executable, __file__, url, *remaining], check=True)
    else:
        work(url, words)
    sys.exit(int(words.get("exit", 0)))


main()
