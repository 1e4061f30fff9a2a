"""tests/e2e/kubernetes/run.sh itself, with a kubectl that leads it into our own cluster: the script is right before it meets a
real one."""
import json
import os
import socketserver
import subprocess
import sys
import threading
import time

import pytest
import yaml

from cluster import ROOT
from conftest import LATER, NEW, OLD, ONE_ORDER_EACH, REGISTRY

SCRIPT = ROOT / "tests/e2e/kubernetes/run.sh"
KINDS = "Deployment", "Job", "PodDisruptionBudget", "Service" # what our cluster knows

KUBECTL = """#!{python}
import json, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    text = sys.stdin.read() if "apply" in sys.argv else ""
    server.sendall(json.dumps([sys.argv[1:], text]).encode() + b"\\n")
    code, out = json.loads(server.makefile().read())
print(out, end="" if out.endswith("\\n") or not out else "\\n")
sys.exit(code)
"""


class Api:
    """What the script asks of kubectl, and no more; anything else is a failure that names itself."""

    def __init__(self, service):
        self.service, self.cluster, self.lines = service, service.cluster, []

    def answer(self, words, text):
        words = words[2:] if words[0] == "--namespace" else words
        try:
            out = getattr(self, words[0])(words[1:], text)
            return (0, out or "") if out is not False else (1, "")
        except Exception as error: # told to the script, which shows it
            return 1, f"{words}: {error!r}"

    def version(self, *_):
        return "1"

    def create(self, words, _):
        if words[0] == "secret":
            url = words[4].partition("=")[2]
            database = self.service.server.url(self.service.database, url.partition("//")[2].partition("@")[0])
            self.cluster.secrets[words[2]] = {"url": database}

    def label(self, *_):
        return ""

    def apply(self, _, text):
        for manifest in filter(None, yaml.safe_load_all(text)):
            if manifest["kind"] in KINDS and manifest["metadata"]["name"] not in ("orders-db", "clients"):
                self.cluster.apply_one(manifest)

    def rollout(self, words, _):
        deployment = self.cluster.deployment
        if words[1] == "deployment/orders-db":
            return ""
        if words[0] == "status":
            self.cluster.wait_for(lambda: deployment.is_complete, "a complete rollout")
        elif words[0] == "undo":
            with self.cluster.turns:
                deployment.undo()
        else:
            deployment.is_paused = words[0] == "pause"

    def get(self, words, _):
        kind, template = words[0], words[-1]
        if kind.startswith("job/"):
            return self.cluster.jobs[kind.removeprefix("job/")].state.capitalize()
        if kind == "nodes":
            return "\n".join(f"{name}|{'' if takes else 'true'}" for name, takes in self.cluster.nodes.items())
        if words[1:2] == ["-l"] and words[2].startswith("job-name="):
            return "\n".join(map(str, self.cluster.jobs[words[2].partition("=")[2]].exit_codes))
        if "nodeName" in template:
            return self.cluster.pods[0].node
        if "deletionTimestamp" in template:
            return "\n".join(f"{'now' if it.is_terminating else ''}|{it.image}|{it.is_ready}|{it.name}" for it in self.cluster.deployment.pods)
        return "\n".join(self.cluster.events)

    def exec(self, words, _):
        sql = [word for before, word in zip(words, words[1:]) if before == "-c"]
        if any("CREATE DATABASE" in it for it in sql):
            return self.service.create_database()
        if "DEFAULT PRIVILEGES" not in "".join(sql):
            self.service.execute(*sql)

    def logs(self, words, _):
        if words[0].startswith("job/"):
            return self.cluster.jobs[words[0].removeprefix("job/")].log()
        answers = self.cluster.clients.answers
        lines = [f"ERROR {it.code} {it.body}" if it.code != 200 else "1 answers" for it in list(answers)]
        return "\n".join(lines[-1:] if "--tail" in words else lines)

    def delete(self, words, _):
        if words[0] == "job":
            for name in list(self.cluster.jobs):
                self.cluster.jobs.pop(name).delete()
        elif words[0] == "pod":
            self.cluster.evict(next(it for it in self.cluster.pods if it.name == words[1]))

    def scale(self, words, _):
        with self.cluster.turns:
            self.cluster.deployment.scale(int(words[2]))

    def patch(self, words, _):
        self.service.server.stop() if "nobody" in words[-1] else self.service.server.start()

    def set(self, words, _):
        assert words[:4] == ["env", "deployment/orders", "-c", "schemalatch"], words
        manifest = yaml.safe_load(yaml.safe_dump({"spec": self.cluster.deployment.spec}))
        sidecar = manifest["spec"]["template"]["spec"]["initContainers"][0]
        changed = [dict(zip(("name", "value"), word.split("=", 1))) for word in words[4:]]
        sidecar["env"] = [it for it in sidecar["env"] if it["name"] not in {one["name"] for one in changed}] + changed
        with self.cluster.turns:
            self.cluster.deployment.set(manifest)

    def drain(self, words, _):
        self.cluster.drain(words[0])

    def uncordon(self, words, _):
        self.cluster.nodes[words[0]] = True


@pytest.fixture
def script(service, tmp_path):
    """Runs the script with some settings; gives its exit code and what it said."""
    api = Api(service)
    service.build(LATER, later=ONE_ORDER_EACH)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(json.dumps(api.answer(*json.loads(self.rfile.readline()))).encode())

    path = str(tmp_path / "kubectl.socket")
    server = socketserver.ThreadingUnixStreamServer(path, Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL.format(python=sys.executable, socket=path))
    kubectl.chmod(0o755)

    def run(**settings):
        env = {**os.environ, "KUBECONFIG": "/ours", "KUBECTL": str(kubectl), "REPOSITORY": REGISTRY, "BUILD": "no", "LIMIT": "60", "STUCK": "7", "AWAY": "35", **settings}
        done = subprocess.run([SCRIPT], env=env, capture_output=True, text=True, timeout=500)
        return done.returncode, done.stderr

    yield run
    server.shutdown()
    server.server_close()


def test_the_whole_story_passes(script):
    code, said = script()
    assert code == 0, said
    assert said.endswith("9 passed, 0 failed, 0 skipped\n"), said


def test_a_step_that_fails_is_told_and_ends_the_story(script, service):
    service.cluster.images[NEW] = service.cluster.images[OLD] # an image whose requirement is older than its name: never unready
    code, said = script()
    assert code == 1
    assert "upgrade: FAILED" in said and said.endswith("1 passed, 1 failed, 7 skipped\n"), said


def test_an_upgrade_that_fails_ends_its_step_at_once(script, service):
    migration = next((service.cluster.images[NEW] / "app/migrations/versions").glob("0003_*"))
    migration.write_text(migration.read_text().replace("def upgrade():", "def upgrade():\n    raise ValueError('broken')"))
    started = time.monotonic()
    code, said = script(LIMIT="200")
    assert code == 1 and time.monotonic() - started < 100
    assert "ValueError: broken" in said and "to end as Complete within 200 s, saw Failed" in said, said


@pytest.mark.parametrize("settings, reason", [
    ({"KUBECONFIG": ""}, "KUBECONFIG names no cluster"),
    ({"KUBECTL": "/nowhere/kubectl"}, "there is no /nowhere/kubectl"),
    ({"KUBECTL": "false"}, "does not answer"),
    ({"BUILD": "yes", "DOCKER": "false"}, "no Docker engine"),
])
def test_what_cannot_be_run_is_skipped_with_the_reason(script, settings, reason):
    code, said = script(**settings)
    assert code == 77 and reason in said
    assert said.endswith("0 passed, 0 failed, 9 skipped\n")
