"""The orders service: answers with what its version reads from the database. Serves on for a moment when it is to end, as
the network learns late that a pod is leaving."""
import http.server
import os
import signal
import threading
import time

import psycopg2

DRAIN = 0.5 # seconds


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code, body = (200, "alive") if self.path == "/healthz" else self._orders()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass

    def _orders(self):
        try:
            connection = psycopg2.connect(os.environ["DATABASE_URL"])
            try:
                with connection.cursor() as cursor:
                    cursor.execute(QUERY)
                    return 200, str(cursor.fetchone()[0])
            finally:
                connection.close()
        except psycopg2.OperationalError as error: # no database is no fault of the schema
            return 502, str(error)
        except psycopg2.Error as error:
            return 500, str(error)


def drain(*_):
    threading.Thread(target=lambda: (time.sleep(DRAIN), server.shutdown())).start()


with open("query.sql", encoding="utf8") as query:
    QUERY = query.read()
server = http.server.ThreadingHTTPServer((os.environ.get("POD_IP", ""), 8080), Handler)
signal.signal(signal.SIGTERM, drain)
server.serve_forever()
