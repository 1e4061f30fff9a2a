"""A Deployment's rolling update by the controller's own arithmetic (pkg/controller/deployment/rolling.go), and its ReplicaSets."""
import itertools
import json
import time

from pod import Pod


class ReplicaSet:
    def __init__(self, cluster, name, template):
        self.cluster, self.name, self.template = cluster, name, template
        self.replicas, self.pods = 0, []
        self._names = itertools.count(1)

    @property
    def living(self):
        return [pod for pod in self.pods if not pod.is_terminating]

    @property
    def available(self):
        return sum(pod.is_ready for pod in self.living)

    def shrink(self, count):
        """Gives by how many it did."""
        gone = max(count, 0)
        self.replicas -= gone
        return gone

    def step(self):
        self.pods = [pod for pod in self.pods if not pod.is_gone]
        living = self.living
        for _ in range(self.replicas - len(living)):
            node = self.cluster.pick_node()
            if node is None:
                break # pending: no node takes pods
            self.pods.append(Pod(self.cluster, f"{self.name}-{next(self._names)}", self.template, node, self.cluster.take_ip()))
        surplus = len(living) - self.replicas
        # Those that are not ready go first, then the younger ones.
        for pod in sorted(living, key=lambda it: (it.is_ready, -it.born))[:max(surplus, 0)]:
            pod.delete()


class Deployment:
    def __init__(self, cluster, manifest):
        self.cluster, self.sets = cluster, [] # the newest last
        self.is_paused, self.history = False, []
        self._counted, self._progress_at, self._progress = None, time.monotonic(), None
        self.set(manifest)

    def set(self, manifest):
        self.spec = manifest["spec"]
        # What was scaled stays so: an apply that brings the same number as the last one changes nothing.
        self.replicas = self._counted if self._counted is not None else self.spec["replicas"]
        rolling = self.spec["strategy"]["rollingUpdate"]
        self.max_unavailable, self.max_surge = rolling["maxUnavailable"], rolling["maxSurge"]
        self._turn_to(self.spec["template"])

    def _turn_to(self, template):
        key = json.dumps(template, sort_keys=True)
        known = next((it for it in self.sets if it.key == key), None)
        if known is None:
            known = ReplicaSet(self.cluster, f"pod{len(self.sets) + 1}", template)
            known.key = key
        else:
            self.sets.remove(known)
        self.sets.append(known)
        self._progress_at = time.monotonic()

    def undo(self):
        """kubectl rollout undo"""
        self._turn_to(self.sets[-2].template)

    def scale(self, replicas):
        """While two sets are active the controller spreads the change over them; the largest takes what rounding leaves."""
        before, self.replicas, self._counted = self.replicas + self.max_surge, replicas, replicas
        active = [it for it in self.sets if it.replicas] or [self.sets[-1]]
        if len(active) == 1:
            active[0].replicas = replicas
            return
        allowed = replicas + self.max_surge
        for one in active:
            one.replicas = round(one.replicas * allowed / before)
        max(active, key=lambda it: it.replicas).replicas += allowed - sum(it.replicas for it in active)

    @property
    def pods(self):
        return [pod for one in self.sets for pod in one.pods if not pod.is_gone]

    @property
    def living(self):
        return [pod for pod in self.pods if not pod.is_terminating]

    @property
    def is_complete(self):
        newest = self.sets[-1]
        return newest.replicas == newest.available == self.replicas == len(self.living)

    @property
    def is_past_its_deadline(self):
        """`kubectl rollout status` ends with 1."""
        return not self.is_complete and time.monotonic() - self._progress_at > self.spec["progressDeadlineSeconds"]

    def step(self):
        if not self.is_paused:
            self._scale_new_up() or self._scale_old_down()
        for one in self.sets:
            one.step()
        progress = [(one.name, one.replicas, one.available) for one in self.sets]
        if progress != self._progress:
            if self._progress is not None and progress > self._progress:
                self._progress_at = time.monotonic()
            self._progress = progress

    def _scale_new_up(self):
        newest, everything = self.sets[-1], sum(it.replicas for it in self.sets)
        if newest.replicas > self.replicas:
            newest.replicas = self.replicas
            return True
        more = min(self.replicas + self.max_surge - everything, self.replicas - newest.replicas)
        if more <= 0:
            return False
        newest.replicas += more
        return True

    def _scale_old_down(self):
        old, newest = self.sets[:-1], self.sets[-1]
        least = self.replicas - self.max_unavailable
        may_go = sum(it.replicas for it in self.sets) - least - (newest.replicas - newest.available)
        if may_go <= 0:
            return
        for one in old: # what is not ready goes first
            may_go -= one.shrink(min(may_go, one.replicas - one.available))
        may_go = sum(it.available for it in self.sets) - least
        for one in old:
            may_go -= one.shrink(min(may_go, one.replicas))


def may_evict(pod, budget, deployment):
    """The eviction API's answer, by the budget of the manifest."""
    healthy, wanted = sum(it.is_ready for it in deployment.living), deployment.replicas - budget["spec"]["maxUnavailable"]
    if not pod.is_ready:
        return budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow" or healthy >= wanted
    return healthy - 1 >= wanted
