#!/usr/bin/env python3
"""Asks one address over and over, each time on a new connection, and writes down who answered: a line per request, with
the time, the HTTP status and the release. 0 for the status: no answer. Ends with SIGTERM, or when its parent is gone.

    load.py URL FILE
"""

import http.client
import json
import os
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

CLIENTS = 4
PAUSE = 0.05  # seconds between two requests of a client
TIMEOUT = 10

stopped = threading.Event()


def ask(url):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT)
    try:
        connection.request("GET", url.path)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body)["release"] if answer.status == 200 else "-"
    except (OSError, http.client.HTTPException):
        return 0, "-"
    finally:
        connection.close()


def go_on(url, out):
    while not stopped.wait(PAUSE):
        began = time.time()
        status, release = ask(url)
        out.write(f"{began:.3f} {time.time():.3f} {status} {release}\n")


def main():
    url, parent = urlsplit(sys.argv[1]), os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with open(sys.argv[2], "w", buffering=1) as out:
        clients = [threading.Thread(target=go_on, args=(url, out)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        while not stopped.wait(1) and os.getppid() == parent:
            pass
        stopped.set()
        for client in clients:
            client.join()


main()
