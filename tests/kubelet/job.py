"""A Job as its controller drives it (kubernetes/kubernetes:pkg/controller/job): one pod after another, by podFailurePolicy,
backoffLimit, a pause that doubles, and activeDeadlineSeconds.

Not modelled: a second pod beside the first, which the controller may start by mistake (tests/upgrade has runners that race), pods
of several containers, an image that does not come, ttlSecondsAfterFinished (a test deletes the Job itself).
"""
import collections
import subprocess
import threading
import time

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 600.0 # seconds, in Kubernetes
FASTER = 10 # so many times shorter are the pauses here

JobPod = collections.namedtuple("JobPod", "name ip")


def pause_after(failures):
    """Seconds from the end of a failed pod to the next one. Pods that the policy ignores count here, though not for backoffLimit."""
    return min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)


def action_for(policy, code, is_disrupted):
    """That of the first rule that matches; the failure counts where there is none."""
    for rule in policy.get("rules", []):
        codes = rule.get("onExitCodes")
        if codes and (code in codes["values"]) == (codes["operator"] == "In"):
            return rule["action"]
        if is_disrupted and any(it["type"] == "DisruptionTarget" for it in rule.get("onPodConditions", [])):
            return rule["action"]
    return "Count"


class Job:
    def __init__(self, cluster, manifest):
        self.cluster, self.name, self.spec = cluster, manifest["metadata"]["name"], manifest["spec"]
        self.state, self.reason = "running", None # or "complete", "failed", "deleted"
        self.exit_codes, self.started_at = [], [] # of its pods
        self._process, self._disrupted = None, None
        self._counted = 0
        self._end = time.monotonic() + self.spec["activeDeadlineSeconds"]
        self._is_deleted = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self, limit=60):
        self._thread.join(limit)
        assert not self._thread.is_alive(), f"{self.name} is still running: {self.log()}"
        return self.state

    def delete(self):
        """As `kubectl delete job` does, or its time to live."""
        self._is_deleted.set()
        self._end_pod()
        self.join()

    def evict(self):
        """As a drain does with the Job's pod: DisruptionTarget."""
        self._disrupted = self._process
        self._end_pod()

    def log(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.cluster.logs.glob(f"{self.name}-*")))

    def _run(self):
        while True:
            code = self._run_pod()
            self.exit_codes.append(code)
            self.state, self.reason = self._judge(code)
            self.cluster.tell(f"{self.name}: pod ended with {code}: {self.reason or self.state}")
            if self.state != "running":
                return
            self._is_deleted.wait(min(pause_after(len(self.exit_codes)) / FASTER, self._left()))

    def _run_pod(self):
        """Its exit code; None where there is no time for one more."""
        if self._is_deleted.is_set() or not self._left():
            return None
        pod = JobPod(f"{self.name}-{len(self.exit_codes) + 1}", self.cluster.take_ip())
        self.started_at.append(time.monotonic())
        self._process = self.cluster.spawn(pod, self.spec["template"]["spec"]["containers"][0])
        try:
            return self._process.wait(self._left())
        except subprocess.TimeoutExpired:
            self._end_pod()
            return self._process.wait()

    def _judge(self, code):
        """State and reason, in the controller's order."""
        if self._is_deleted.is_set():
            return "deleted", None
        if code == 0:
            return "complete", None
        if not self._left():
            return "failed", "DeadlineExceeded"
        action = action_for(self.spec.get("podFailurePolicy", {}), code, self._disrupted is self._process)
        if action == "FailJob":
            return "failed", "PodFailurePolicy"
        self._counted += action == "Count"
        return ("failed", "BackoffLimitExceeded") if self._counted > self.spec["backoffLimit"] else ("running", None)

    def _left(self):
        return max(self._end - time.monotonic(), 0.0)

    def _end_pod(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self.spec["template"]["spec"]["terminationGracePeriodSeconds"])
            except subprocess.TimeoutExpired:
                self._process.kill()
