"""A sidecar under 20 probes a second, each answer held against what the gate must say at that time."""
import collections
import dataclasses
import itertools
import json
import pathlib
import re
import threading
import time

import kube_probe
from database import PASSWORD

RATE = 20  # probes a second, each on a new connection
STATUS_EVERY = 5  # probes: so often the state and reason are read beside them
MOST_COMPLAINTS = 5
MOST_THREADS = 3  # the main one, the watcher, and one that waits for a name server


@dataclasses.dataclass(frozen=True)
class Resources:
    threads: int
    descriptors: int


class Gate:
    """What was expected before is right too, until settle_within() or insist_on()."""

    def __init__(self, name, sidecar, before, expected):
        self.name = name
        self.sidecar = sidecar
        self.pid = sidecar.process.pid
        self.worst = 0.0
        self.probes = 0
        self.codes = collections.Counter()
        self.complaints = []
        self._rules = (before, expected)  # one assignment, so that the prober sees both or none
        self._settled_at = float("inf")
        self._changes = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._probe_on, daemon=True)
        self._thread.start()

    def expect(self, expected):
        self._check_changes()
        self._settled_at = float("inf")
        self._rules = (self._rules[1], expected)

    def settle_within(self, seconds):
        self._settled_at = time.monotonic() + seconds

    def insist_on(self, expected):
        """Of what was right until now, only this is from now on."""
        self._rules = (expected, expected)

    def status(self):
        return json.loads(kube_probe.probe(self.sidecar.port, "/version/database").body)

    def looks(self):
        """How many looks have ended, by the state they found."""
        text = kube_probe.probe(self.sidecar.port, "/metrics").body
        found = re.findall(r'^schemalatch_checks_total{.*state="(\w+)"} (\d+)', text, re.M)
        return {state: int(count) for state, count in found}

    def resources(self):
        folder = pathlib.Path("/proc", str(self.pid))
        return Resources(len(list((folder / "task").iterdir())), len(list((folder / "fd").iterdir())))

    def memory(self):
        """Resident, in MiB."""
        status = pathlib.Path("/proc", str(self.pid), "status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def stop(self):
        """Ends the probing, then the sidecar; gives its exit code and how long it took."""
        self.stop_probing()
        self._check_changes()
        ended = self.sidecar.stop()
        if any(PASSWORD in line for line in self.sidecar.log):
            self._complain("told the password in its log")
        return ended

    def stop_probing(self):
        self._stopping.set()
        self._thread.join()

    def _probe_on(self):
        try:
            self._probe_at_rate()
        except Exception as error:  # a thread's own would be lost, and its gate look well
            self._complain(f"could not be judged: {error!r}")

    def _probe_at_rate(self):
        started = time.monotonic()
        for count in itertools.count():
            if self._stopping.wait(max(started + count / RATE - time.monotonic(), 0)):
                return
            self._probe_once()
            if count % STATUS_EVERY == 0:
                self._read_status()

    def _probe_once(self):
        rules, settled = self._rules, self._is_settled()
        answer = self._ask("/readyz")
        if answer is None:
            return
        self.probes += 1
        self.worst = max(self.worst, answer.seconds)
        self.codes[answer.code] += 1
        if not self._changes or self._changes[-1] != answer.code:
            self._changes.append(answer.code)
        self._judge(rules, settled, f"answered {answer.code} {answer.body.strip()!r}", lambda it: it.accepts_probe(answer.code, answer.body))

    def _read_status(self):
        rules, settled = self._rules, self._is_settled()
        if (answer := self._ask("/version/database")) is None:
            return
        if (threads := self.resources().threads) > MOST_THREADS:
            self._complain(f"had {threads} threads")
        status = json.loads(answer.body)
        brief = {key: status[key] for key in ("ready", "held", "state", "reason")}
        self._judge(rules, settled, f"was {brief}", lambda it: it.accepts_status(status))

    def _ask(self, path):
        try:
            answer = kube_probe.probe(self.sidecar.port, path)
        except OSError as error:
            self._complain(f"gave no answer to {path} within {kube_probe.LIMIT:g} s: {error!r}")
            return None
        if PASSWORD in answer.body:
            self._complain(f"told the password in its answer to {path}")
        return answer

    def _is_settled(self):
        return time.monotonic() > self._settled_at

    def _judge(self, rules, settled, what, accepts):
        """By the rules of the moment before, or, where they changed meanwhile, of the moment after."""
        candidates = (rules[1],) if settled else rules
        if self._rules is not rules:
            candidates += self._rules
        if not any(accepts(rule) for rule in candidates):
            self._complain(f"{what}, expected {rules[1]}")

    def _check_changes(self):
        if len(self._changes) > 2:
            self._complain(f"changed its answer more than once: {self._changes}")
        del self._changes[:-1]

    def _complain(self, text):
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(f"{self.name} {text}")
