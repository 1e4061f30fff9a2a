"""A Job: its pods one after another, by the podFailurePolicy of the manifest."""
import signal
import subprocess
import threading
import time

BACK_OFF = 1.0 # seconds before the next pod; 10 in Kubernetes


class JobPod:
    def __init__(self, name, ip):
        self.name, self.ip = name, ip


class Job:
    def __init__(self, cluster, manifest):
        self.cluster, self.name, self.spec = cluster, manifest["metadata"]["name"], manifest["spec"]
        self.state, self.reason = "running", None # or "complete", "failed"
        self.exit_codes = []
        self.process = None
        self._is_deleted = self._is_disrupted = False
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self, limit=60):
        self._thread.join(limit)
        assert not self._thread.is_alive(), f"{self.name} is still running: {self.log()}"
        return self.state

    def delete(self):
        """As `kubectl delete job` does, or its time to live."""
        self._is_deleted = True
        self._end_pod()
        self._thread.join(60)

    def evict(self):
        """As a drain does with the Job's pod: DisruptionTarget."""
        self._is_disrupted = True
        self._end_pod()

    def log(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.cluster.logs.glob(f"{self.name}-*")))

    def _run(self):
        counted = 0
        while True:
            self._is_disrupted = False
            code = self._run_pod(len(self.exit_codes) + 1)
            self.exit_codes.append(code)
            self.cluster.tell(f"{self.name}: pod ended with {code}")
            if self._is_deleted:
                return
            if code == 0:
                self.state = "complete"
                return
            action = self._action(code)
            counted += action == "Count"
            if action == "FailJob" or counted > self.spec["backoffLimit"]:
                self.state, self.reason = "failed", "PodFailurePolicy" if action == "FailJob" else "BackoffLimitExceeded"
                return
            time.sleep(BACK_OFF * 2 ** min(max(counted - 1, 0), 3))

    def _run_pod(self, number):
        pod = JobPod(f"{self.name}-{number}", self.cluster.take_ip())
        container = self.spec["template"]["spec"]["containers"][0]
        self.process = self.cluster.spawn(pod, container)
        left = self.spec["activeDeadlineSeconds"] - (time.monotonic() - self._started)
        return self.process.wait(left)

    def _action(self, code):
        """The first rule that matches; none: the failure counts."""
        for rule in self.spec["podFailurePolicy"]["rules"]:
            codes = rule.get("onExitCodes")
            if codes and (code in codes["values"]) == (codes["operator"] == "In"):
                return rule["action"]
            if self._is_disrupted and any(it["type"] == "DisruptionTarget" for it in rule.get("onPodConditions", [])):
                return rule["action"]
        return "Count"

    def _end_pod(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(self.spec["template"]["spec"]["terminationGracePeriodSeconds"])
            except subprocess.TimeoutExpired:
                self.process.kill()
