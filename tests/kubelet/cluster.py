"""What stands between the manifests and the machine: images that are folders, secrets, nodes, a Service and its clients."""
import collections
import http.client
import itertools
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

import yaml

from deployment import Deployment, may_evict
from job import Job
from pod import environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "kubernetes"
APPLICATION = pathlib.Path(__file__).resolve().parent / "application.py"
PATH = "/usr/bin:/bin" # with Debian's Alembic
TICK = 0.05  # seconds between two turns of the controllers
PAUSE = 0.02 # seconds between two requests of the clients
LIMIT = 60   # seconds; nothing here should ever take that long

Answer = collections.namedtuple("Answer", "at image code body")


class Clients:
    """Ask the Service all the while, and note who answered what."""

    def __init__(self, cluster):
        self._cluster, self._is_over = cluster, threading.Event()
        self.answers = []
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def stop(self):
        self._is_over.set()
        self._thread.join()

    def errors(self, since=0.0):
        return [it for it in self.answers if it.code != 200 and it.at >= since]

    def images(self, since=0.0):
        return {it.image for it in self.answers if it.code == 200 and it.at >= since}

    def _ask(self):
        while not self._is_over.wait(PAUSE):
            if ready := [pod for pod in self._cluster.pods if pod.is_ready]:
                self._ask_one(random.choice(ready))
            else:
                self.answers.append(Answer(time.monotonic(), None, 503, "no pod is ready"))

    def _ask_one(self, pod):
        started = time.monotonic()
        connection = http.client.HTTPConnection(pod.ip, 8080, timeout=5)
        try:
            connection.request("GET", "/orders")
            response = connection.getresponse()
            self.answers.append(Answer(started, pod.image, response.status, response.read().decode(errors="replace")))
        except OSError as error:
            self.answers.append(Answer(started, pod.image, None, repr(error)))
        finally:
            connection.close()


class Cluster:
    def __init__(self, binary, folder, secrets):
        self.binary, self.folder, self.secrets = binary, folder, secrets
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.images, self.jobs, self.nodes = {}, {}, {"node-1": True, "node-2": True}
        self.deployment, self.budget, self.clients = None, None, None
        self.events = []
        self._ips = itertools.count(1)
        self._is_over = threading.Event()
        self.turns = threading.Lock() # held by whoever changes what the controllers look at
        self._thread = threading.Thread(target=self._control, daemon=True)
        self._thread.start()

    # --- what kubectl does ---

    def apply(self, image, attempt=1, parts=("service", "upgrade-job", "deployment"), **changes):
        """The manifests as render.sh prints them, and the newest Job. `Deployment=change` changes that manifest before it is applied."""
        rendered = subprocess.run([EXAMPLE / "render.sh", image, str(attempt)], env={**os.environ, "PARTS": " ".join(parts)},
                                  check=True, capture_output=True, text=True).stdout
        for manifest in filter(None, yaml.safe_load_all(rendered)):
            changes.get(manifest["kind"], lambda _: None)(manifest)
            self.apply_one(manifest)
        return next(reversed(self.jobs.values()), None)

    def apply_one(self, manifest):
        with self.turns:
            getattr(self, f"_apply_{manifest['kind'].lower()}")(manifest)

    def drain(self, node):
        """kubectl drain: no new pods there, and each pod is evicted as soon as the budget lets it go. Gives how many were ready
        at the least."""
        self.nodes[node], ready = False, []

        def is_empty():
            ready.append(sum(pod.is_ready for pod in self.pods))
            return not self._evict_from(node)

        self.wait_for(is_empty, f"an empty {node}")
        return min(ready)

    def evict(self, pod):
        self.tell(f"{pod.name}: evicted")
        pod.delete()

    # --- what the tests look at ---

    @property
    def pods(self):
        return self.deployment.living if self.deployment else []

    def ready(self, image):
        return [pod for pod in self.pods if pod.image == image and pod.is_ready]

    def wait_for(self, condition, what, limit=LIMIT):
        end = time.monotonic() + limit
        while not (value := condition()):
            assert time.monotonic() < end, f"never came: {what}\n" + "\n".join(self.events)
            time.sleep(TICK)
        return value

    def wait_until_complete(self, image):
        self.wait_for(lambda: self.deployment.is_complete and {it.image for it in self.pods} == {image}, f"a complete rollout of {image}")

    def watch(self, seconds, condition, what):
        """The condition holds all that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert condition(), f"no longer: {what}\n" + "\n".join(self.events)
            time.sleep(TICK)

    def tell(self, what):
        self.events.append(f"{time.monotonic():.2f} {what}")

    def stop(self):
        if self.clients:
            self.clients.stop()
        self._is_over.set()
        self._thread.join()
        for job in self.jobs.values():
            job.delete()
        for pod in self.deployment.pods if self.deployment else []:
            pod.grace = 5
            pod.delete()
        for pod in self.deployment.pods if self.deployment else []:
            pod.join()

    # --- for pods ---

    def root_of(self, image):
        return self.images[image]

    def take_ip(self):
        number = next(self._ips)
        return f"127.{1 + os.getpid() % 250}.{number // 250}.{1 + number % 250}"

    def pick_node(self):
        open_ones = [name for name, takes in self.nodes.items() if takes]
        return min(open_ones, key=lambda name: sum(pod.node == name for pod in self.pods), default=None)

    def spawn(self, pod, spec):
        """The container's process, in the image's folder."""
        root = self.root_of(spec["image"])
        command = spec.get("command") or [sys.executable, str(APPLICATION)]
        words = [self.binary if word == "/schemalatch" else word for word in command]
        with open(self.logs / f"{pod.name}.{spec['name']}", "ab") as log:
            return subprocess.Popen(words, cwd=f"{root}/app", env={**environment(self, pod, spec), "PATH": PATH}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _control(self):
        while not self._is_over.wait(TICK):
            with self.turns:
                if self.deployment:
                    self.deployment.step()

    def _evict_from(self, node):
        """Those that are still there."""
        with self.turns:
            there = [pod for pod in self.deployment.pods if pod.node == node]
            for pod in there:
                if not pod.is_terminating and may_evict(pod, self.budget, self.deployment):
                    self.evict(pod)
            return there

    def _apply_job(self, manifest):
        name = manifest["metadata"]["name"]
        if name not in self.jobs:
            self.jobs[name] = Job(self, manifest)

    def _apply_deployment(self, manifest):
        if self.deployment:
            self.deployment.set(manifest)
        else:
            self.deployment = Deployment(self, manifest)
        if not self.clients:
            self.clients = Clients(self)

    def _apply_poddisruptionbudget(self, manifest):
        self.budget = manifest

    def _apply_service(self, manifest):
        labels = yaml.safe_load((EXAMPLE / "deployment.yaml").read_text())["spec"]["template"]["metadata"]["labels"]
        assert manifest["spec"]["selector"].items() <= labels.items(), "the Service selects no pod of the Deployment"
