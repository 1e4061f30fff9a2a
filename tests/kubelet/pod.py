"""One pod as a kubelet runs it: real processes, probes by the manifest's own periods and thresholds, native sidecars."""
import subprocess
import threading
import time

import kube_probe
from sidecar import clean_environment

TICK = 0.02     # seconds between two glances of a pod at its processes
BACK_OFF = 10.0 # seconds before a container that ended is started again; doubles

DEFAULTS = {"periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3, "successThreshold": 1, "initialDelaySeconds": 0}


class Probe:
    """One probe of one container (pkg/kubelet/prober/worker.go): what it says now, after so many results in a row."""

    def __init__(self, container, spec, first):
        self._container = container
        self._spec = {**DEFAULTS, **spec}
        self._result, self._last, self._run = first, None, 0
        self._next = time.monotonic() + self._spec["initialDelaySeconds"]

    @property
    def passes(self):
        return self._result

    @property
    def is_out_of_patience(self):
        """So many failures in a row, whatever it said before."""
        return self._last is False and self._run >= self._spec["failureThreshold"]

    def step(self):
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._spec["periodSeconds"]
        result = self._ask()
        self._run = self._run + 1 if result == self._last else 1
        self._last = result
        if self._run >= self._spec["successThreshold" if result else "failureThreshold"]:
            self._result = result

    def _ask(self):
        get = self._spec["httpGet"]
        try:
            answer = kube_probe.probe(self._container.port(get["port"]), get["path"], self._container.pod.ip, self._spec["timeoutSeconds"])
        except OSError:
            return False
        return 200 <= answer.code < 400


class Container:
    def __init__(self, pod, spec):
        self.pod, self.spec, self.name = pod, spec, spec["name"]
        self.process, self.restarts, self._start_again = None, 0, 0.0

    @property
    def is_sidecar(self):
        return self.spec.get("restartPolicy") == "Always"

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def is_done(self):
        """Of an init container: it ended well, and is not started again."""
        return not self.is_sidecar and not self.is_running and self.process.returncode == 0

    @property
    def is_started(self):
        return self.is_running and (self._probes["startup"] is None or self._probes["startup"].passes)

    @property
    def is_ready(self):
        return self.is_started and (self._probes["readiness"] is None or self._probes["readiness"].passes)

    def port(self, name):
        return name if isinstance(name, int) else next(it["containerPort"] for it in self.spec["ports"] if it["name"] == name)

    def start(self):
        first = {"startup": False, "readiness": False, "liveness": True}
        self._probes = {kind: Probe(self, self.spec[f"{kind}Probe"], passes) if f"{kind}Probe" in self.spec else None for kind, passes in first.items()}
        self.process = self.pod.cluster.spawn(self.pod, self.spec)

    def step(self):
        """One glance: probes that are due, a restart that is due."""
        if not self.is_running:
            self._restart_later()
            return
        startup, readiness, liveness = self._probes.values()
        if startup is not None and not startup.passes:
            startup.step()
            if startup.is_out_of_patience:
                self.process.kill()
            return
        if readiness is not None:
            readiness.step()
        if liveness is not None:
            liveness.step()
            if not liveness.passes:
                self.process.terminate()
                self.process.wait()

    def _restart_later(self):
        now = time.monotonic()
        if not self._start_again:
            self._start_again = now + BACK_OFF * 2 ** self.restarts
            self.pod.tell(f"{self.name} ended with {self.process.returncode}")
        elif now >= self._start_again:
            self._start_again = 0.0
            self.restarts += 1
            self.start()

    def stop(self, end):
        """SIGTERM, and SIGKILL when the pod's grace period is over; gives the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(max(end - time.monotonic(), 2.0)) # a kubelet grants those 2 s in any case
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


class Pod:
    def __init__(self, cluster, name, template, node, ip):
        self.cluster, self.name, self.template, self.node, self.ip = cluster, name, template, node, ip
        self.born = time.monotonic()
        spec = template["spec"]
        self.grace = spec.get("terminationGracePeriodSeconds", 30)
        self.inits = [Container(self, it) for it in spec.get("initContainers", [])]
        self.mains = [Container(self, it) for it in spec["containers"]]
        self.is_terminating, self.is_gone, self._was_ready = False, False, False
        self.exit_codes = {}
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    @property
    def image(self):
        return self.template["spec"]["containers"][0]["image"]

    @property
    def restarts(self):
        return sum(it.restarts for it in self.inits + self.mains)

    @property
    def is_ready(self):
        """What the Service goes by: a pod that is to end is out at once."""
        return self._was_ready and not self.is_terminating

    @property
    def started_main(self):
        return self.mains[0].process is not None

    def container(self, name):
        return next(it for it in self.inits + self.mains if it.name == name)

    def delete(self):
        self.is_terminating = True

    def join(self):
        self._thread.join(self.grace + 10)
        assert self.is_gone, f"{self.name} does not end"

    def tell(self, what):
        self.cluster.tell(f"{self.name}: {what}")

    def log(self, container):
        return (self.cluster.logs / f"{self.name}.{container}").read_text(errors="replace")

    def _live(self):
        try:
            self._start_in_order() and self._watch()
        finally:
            self._end()

    def _start_in_order(self):
        """Each init container when the one before it is started (a sidecar) or has ended well (any other)."""
        for init in self.inits:
            init.start()
            while not (init.is_started if init.is_sidecar else init.is_done):
                if self.is_terminating:
                    return False
                self._glance([it for it in self.inits if it.process and not it.is_done])
        for main in self.mains:
            main.start()
        return True

    def _watch(self):
        while not self.is_terminating:
            self._glance([it for it in self.inits if it.is_sidecar] + self.mains)
            ready = all(it.is_ready for it in self.mains + [it for it in self.inits if it.is_sidecar])
            if ready != self._was_ready:
                self.tell("ready" if ready else "not ready")
                self._was_ready = ready

    def _glance(self, containers):
        for container in containers:
            container.step()
        time.sleep(TICK)

    def _end(self):
        end = time.monotonic() + self.grace
        for container in self.mains:
            self.exit_codes[container.name] = container.stop(end)
        for container in reversed(self.inits): # sidecars only when the last main container has ended, in reverse order
            self.exit_codes[container.name] = container.stop(end)
        self.is_gone = True
        self.tell(f"gone {self.exit_codes}")


def environment(cluster, pod, spec):
    """What the container of the manifest would see; `@/schema/...` leads into the image's folder."""
    env = dict(clean_environment(), HOSTNAME=pod.name, SCHEMALATCH_LISTEN=f"{pod.ip}:7355", POD_IP=pod.ip)
    for variable in spec.get("env", []):
        if "value" in variable:
            value = variable["value"]
            env[variable["name"]] = value.replace("@/", f"@{cluster.root_of(spec['image'])}/") if value.startswith("@/") else value
        else:
            key = variable["valueFrom"]["secretKeyRef"]
            env[variable["name"]] = cluster.secrets[key["name"]][key["key"]]
    return env
