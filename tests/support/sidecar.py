"""The binary under test, as a command and as a running sidecar."""
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time

LIMIT = 20  # seconds; nothing here should ever take that long
PLANTED = "planted-0xSECRET"  # the password in every URL; whatever the binary says is searched for it


def refuse_secret(text, where):
    assert PLANTED not in text, f"the password stands in {where}: {text}"


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        refuse_secret(self.out + self.err, f"the output of {done.args[1:2]}")


class Schemalatch:
    def __init__(self, binary):
        self.binary = binary
        self._sidecars = []

    def run(self, *arguments, env=None, **options):
        words = [self.binary, *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=LIMIT,
                              env={**clean_environment(), **(env or {})}, **options)
        return Result(done)

    def bake(self, tool, folders, output):
        result = self.run("bake", "--tool", tool, "--from", *folders, "--output", output)
        assert result.code == 0, result.err
        return f"@{output}"

    def serve(self, *arguments, env=None):
        sidecar = Sidecar(self.binary, [str(word) for word in arguments], env)
        self._sidecars.append(sidecar)
        return sidecar

    def watch(self, url, tool, require, **keys):
        """A sidecar for one dependency, with short intervals; `keys` are further settings."""
        settings = {"interval": "100ms", "interval_ready": "200ms", **keys}
        env = {f"SCHEMALATCH_{key.upper()}": value for key, value in settings.items()}
        return self.serve("--url", url, "--tool", tool, "--require", require, env=env)

    def stop_all(self):
        for sidecar in self._sidecars:
            sidecar.kill()
        for sidecar in self._sidecars:
            refuse_secret("".join(sidecar.log), "the log")


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(("SCHEMALATCH_", "PG"))}


class Sidecar:
    def __init__(self, binary, arguments, env):
        self.log = []
        self.process = subprocess.Popen([binary, "serve", "--listen", "127.0.0.1:0", *arguments], stderr=subprocess.PIPE, text=True,
                                        errors="replace", env={**clean_environment(), **(env or {})})
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.port = self._wait_for_port()
        refuse_secret(self.title(), "the process title")

    def title(self):
        with open(f"/proc/{self.process.pid}/cmdline", encoding="utf8", errors="replace") as arguments:
            return arguments.read()

    def get(self, path, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            answer = response.status, response.read().decode(errors="replace"), dict(response.getheaders())
            refuse_secret(str(answer), path)
            return answer
        finally:
            connection.close()

    def readyz(self):
        code, body, _ = self.get("/readyz")
        return code, body

    def dependency(self, name="database"):
        return json.loads(self.get(f"/version/{name}")[1])

    def wait_for(self, condition, what):
        """Polls until `condition(self)` holds; fails with the newest status."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if condition(self):
                return self
            time.sleep(0.02)
        raise AssertionError(f"never came: {what}; at the end {self.readyz()}, {self.dependency()}\n" + "".join(self.log))

    def expect_log(self, phrase):
        """Of a process that has ended: its log is whole once its reader has ended too."""
        self._reader.join(timeout=LIMIT)
        assert phrase in "".join(self.log), "".join(self.log)

    def wait_until_ready(self):
        return self.wait_for(lambda it: it.readyz()[0] == 200, "200")

    def wait_for_state(self, state):
        return self.wait_for(lambda it: it.dependency()["state"] == state, state)

    def wait_for_looks(self, count):
        """Until that many more looks have ended."""
        target = self._looks() + count
        return self.wait_for(lambda it: it._looks() >= target, f"{count} more looks")

    def _looks(self):
        return sum(int(value) for value in re.findall(r"^schemalatch_checks_total{.*} (\d+)", self.get("/metrics")[1], re.M))

    def stop(self):
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=LIMIT)
        self._reader.join()
        return code, time.monotonic() - started

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line)

    def _wait_for_port(self):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            for line in list(self.log):
                if found := re.search(r"answers on .*:(\d+)", line):
                    return int(found.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        raise AssertionError("the sidecar did not start: " + "".join(self.log))
