"""Real helm, and what it rendered."""

import os
import pathlib
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/schemalatch"
HELM = os.environ["HELM"]


class Refused(Exception):
    """helm's own words."""


def run(*arguments, values=None, files=()):
    """Runs helm; `values` is one more file of values, over all others. Raises Refused where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        command = [HELM, *arguments]
        for file in files:
            command += ["--values", CHART / "ci" / file]
        if values is not None:
            written = pathlib.Path(folder, "values.yaml")
            written.write_text(yaml.safe_dump(values))
            command += ["--values", written]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


def render(file="smallest-values.yaml", values=None, *arguments, chart=CHART, release="orders"):
    """The text that `helm template` prints for one of the chart's ci/ files, with `values` over it."""
    files = [file] if file else []
    return run("template", release, chart, "--namespace", "shop", *arguments, values=values, files=files)


class Objects:
    """What was rendered, by kind and name."""

    def __init__(self, text):
        self.all = [each for each in yaml.safe_load_all(text) if each]

    def one(self, kind, component=None):
        found = [each for each in self.all if each["kind"] == kind]
        if component:
            found = [each for each in found if each["metadata"]["labels"]["app.kubernetes.io/component"] == component]
        assert len(found) == 1, f"{len(found)} of kind {kind} {component or ''}, expected one"
        return found[0]

    def kinds(self):
        return sorted(each["kind"] for each in self.all)

    def pod_specs(self):
        return [each["spec"]["template"]["spec"] for each in self.all if each["kind"] in ("Deployment", "Job")]

    @property
    def job_name(self):
        return self.one("Job")["metadata"]["name"]

    @property
    def gate(self):
        return self.one("Deployment")["spec"]["template"]["spec"]["initContainers"][0]

    @property
    def upgrade(self):
        return self.one("Job")["spec"]["template"]["spec"]["containers"][0]


def objects(*arguments, **options):
    return Objects(render(*arguments, **options))


def environment(container):
    """Name to value; of what comes from a Secret, (name, key)."""
    found = {}
    for each in container["env"]:
        assert each["name"] not in found, f"{each['name']} stands twice"
        if "value" in each:
            assert isinstance(each["value"], str), each
            found[each["name"]] = each["value"]
        else:
            secret = each["valueFrom"]["secretKeyRef"]
            found[each["name"]] = (secret["name"], secret["key"])
    return found
