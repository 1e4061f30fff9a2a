"""One fault from before it until after it, with 20 probes a second on each gate, and the books of it."""
import dataclasses
import json
import os
import time

from database import ENDED, ROLES
from expectation import unready
from fault import AFTER, BEFORE
from gate import RATE, Gate

SECONDS = float(os.environ.get("FAULT_SECONDS", "30"))
STEADY = 2.0  # seconds of peace before the fault
INTERVAL_READY = "500ms"
SETTLE = 3.0  # seconds until a gate must have noticed: its interval, one deadline, and some
LOOKS = min(10, int(SECONDS / 3))  # at least, while the fault lasts
LONGEST_BACKOFF = 5.0 * 1.1  # seconds between looks that cannot ask, with their jitter
TRUTH_LIMIT = LONGEST_BACKOFF + 2.0  # one interval, and 2 s
RELEASED_LIMIT = 15.0  # seconds until resources must be as before: the kernel and the server end sessions in their own time
POLL = 0.02  # seconds
INTO_A_LOOK = 0.3  # seconds from a sidecar's start
END_LIMIT = 1.0  # seconds from SIGTERM to the end
SHARE_OF_PROBES = 0.8  # that this machine must have had the time to send
GRAPH = {"r1": [], "r2": ["r1"], "r3": ["r2"]}
NOT_LOOKED_YET = unready(pending="")
NEEDS = {"ready": "r2", "fresh": "r2", "behind": "r3", ENDED: "r2"}


@dataclasses.dataclass
class Books:
    """What is reported of one fault; by gate, in the order of ROLES."""

    looks: dict = dataclasses.field(default_factory=dict)
    seen: dict = dataclasses.field(default_factory=dict)
    worst: dict = dataclasses.field(default_factory=dict)
    truth: dict = dataclasses.field(default_factory=dict)
    resources: dict = dataclasses.field(default_factory=dict)
    memory: dict = dataclasses.field(default_factory=dict)
    end: float = 0.0
    complaints: list = dataclasses.field(default_factory=list)


class Story:
    def __init__(self, fault, binary):
        self.fault = fault
        self.binary = binary
        self.gates = {}
        self.books = Books()

    def tell(self):
        try:
            self._before()
            self._during()
            self._after()
            self._end()
        finally:
            for gate in self.gates.values():
                gate.stop_probing()
        return self.books

    def _before(self):
        for role in ("ready", "behind"):
            self._start(role, BEFORE[role])
            self._wait_for_truth(role, BEFORE[role])
            self.gates[role].insist_on(BEFORE[role])
        time.sleep(STEADY)
        self.before = {role: self._released(role, None) for role in ("ready", "behind")}
        self.memory_before = {role: self.gates[role].memory() for role in ("ready", "behind")}

    def _during(self):
        for role in ("ready", "behind"):
            self.gates[role].expect(self.fault.during[role])
        looks = {role: gate.looks() for role, gate in self.gates.items()}
        log_sizes = [server.log_size() for server in self.fault.servers]
        self.fault.break_it()
        self._start("fresh", self.fault.during["fresh"])
        for role, gate in self.gates.items():
            gate.settle_within(self.fault.settle.get(role, SETTLE))
        self._end_one_meanwhile()
        self.fault.go_on(self.gates, SECONDS)
        for role in ROLES:
            self._note_looks(role, looks.get(role, {}), log_sizes)

    def _note_looks(self, role, before, log_sizes):
        seen = [server.looks_in_log(self.fault.log_name(role), size) for server, size in zip(self.fault.servers, log_sizes)]
        self.books.looks[role] = sum(self.gates[role].looks().values()) - sum(before.values())
        self.books.seen[role] = sum(seen)
        self._check(self.books.looks[role] >= LOOKS, f"{role} looked only {self.books.looks[role]} times")
        if role in self.fault.server_sees:
            self._check(sum(seen) >= LOOKS, f"the server's log shows only {sum(seen)} looks of {role}")

    def _after(self):
        for role, gate in self.gates.items():
            gate.expect(AFTER[role])
        looks = {role: gate.looks() for role, gate in self.gates.items()}
        self.fault.mend()
        mended = time.monotonic()
        for gate in self.gates.values():
            gate.settle_within(TRUTH_LIMIT)
        self._note_truth(mended, looks)
        for role, before in self.before.items():
            now = self._released(role, before)
            self.books.resources[role] = (before, now)
            self._check(now == before, f"{role} had (threads, descriptors, connections) {before} before, has {now} now")
            self.books.memory[role] = (self.memory_before[role], self.gates[role].memory())

    def _end(self):
        for role, gate in self.gates.items():
            due = RATE * SECONDS * SHARE_OF_PROBES
            self._check(gate.probes >= due, f"{role} got only {gate.probes} probes: this machine is too busy to judge")
            self._note_end(role, *gate.stop())
            self.books.worst[role] = gate.worst
            self.books.complaints += gate.complaints

    def _end_one_meanwhile(self):
        """SIGTERM comes while a look is on its way, and must not wait for it."""
        sidecar = self._serve(ENDED)
        time.sleep(INTO_A_LOOK)
        self._note_end(ENDED, *sidecar.stop())

    def _note_end(self, role, code, took):
        self._check(code == 0 and took <= END_LIMIT, f"{role} ended with {code} {took:.2f} s after SIGTERM")
        self.books.end = max(self.books.end, took)

    def _start(self, role, expected):
        self.gates[role] = Gate(role, self._serve(role), NOT_LOOKED_YET, expected)

    def _serve(self, role):
        settings = {"interval": self.fault.interval, "interval_ready": INTERVAL_READY, "deadline": self.fault.deadline, **self.fault.keys(role)}
        return self.binary.watch(self.fault.url(role), "alembic", self._requirement(NEEDS[role]), **settings)

    def _requirement(self, revision):
        file = self.fault.server.folder / f"{revision}.json"
        file.write_text(json.dumps({"format": 1, "tool": "alembic", "required": [revision], "graph": GRAPH}))
        return f"@{file}"

    def _wait_for_truth(self, role, truth):
        end = time.monotonic() + TRUTH_LIMIT
        while not truth.accepts_status(self.gates[role].status()):
            assert time.monotonic() < end, self._untrue(role, truth)
            time.sleep(POLL)

    def _note_truth(self, mended, looks):
        """When each gate tells the truth by a look that ended after the mending."""
        while missing := [role for role in ROLES if role not in self.books.truth]:
            passed = time.monotonic() - mended
            for role in missing:
                if self._looked_truly(role, looks[role]):
                    self.books.truth[role] = passed
                    self._check(passed <= TRUTH_LIMIT, f"{role} told the truth only after {passed:.1f} s")
                assert passed < 2 * TRUTH_LIMIT, self._untrue(role, AFTER[role])
            time.sleep(POLL)

    def _looked_truly(self, role, looks):
        gate, truth = self.gates[role], AFTER[role]
        now = gate.looks()
        return truth.accepts_status(gate.status()) and any(now[state] > looks[state] for state in truth.states)

    def _untrue(self, role, truth):
        return f"{role} is not {truth} but {self.gates[role].status()}; its log:\n" + "".join(self.gates[role].sidecar.log)

    def _released(self, role, before):
        """Threads, descriptors, server connections: the least of a second, or, once they are, those before."""
        end = time.monotonic() + (RELEASED_LIMIT if before else 1.0)
        least = None
        while time.monotonic() < end and (least is None or least != before):
            resources = self.gates[role].resources()
            now = (resources.threads, resources.descriptors, self.fault.sessions(role))
            least = now if before or least is None else tuple(map(min, least, now))
            time.sleep(POLL)
        return least

    def _check(self, holds, complaint):
        if not holds:
            self.books.complaints.append(complaint)
