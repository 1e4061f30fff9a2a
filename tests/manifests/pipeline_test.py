"""The steps of examples/ci, with a kubectl that answers what the test says and notes what it was told."""
import os
import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import pytest
import yaml

CI = pathlib.Path(__file__).resolve().parents[2] / "examples" / "ci"
IMAGE = "registry.example/orders:43"
OLDER = "registry.example/orders:42"

KUBECTL = """#!/bin/sh
# Each call takes a line of the answers of its verb: an exit code, and what to print.
shift 2
echo "$*" >>"$FAKE/calls"
case $1 in apply) cat >>"$FAKE/applied" ;; esac
[ -e "$FAKE/$1" ] || exit 0
line=$(head -n 1 "$FAKE/$1")
[ "$(wc -l <"$FAKE/$1")" -le 1 ] || sed -i 1d "$FAKE/$1"
code=${line%% *}
[ "$line" = "$code" ] || printf '%b\\n' "${line#* }"
exit "$code"
"""


class Pipeline:
    def __init__(self, folder):
        self.folder = folder
        (folder / "kubectl").write_text(KUBECTL)
        (folder / "kubectl").chmod(0o755)

    def answers(self, verb, *lines):
        (self.folder / verb).write_text("".join(f"{line}\n" for line in lines))

    def run(self, *arguments, **settings):
        env = {**os.environ, "KUBECTL": str(self.folder / "kubectl"), "FAKE": str(self.folder), "PAUSE": "0.01", **settings}
        return subprocess.run([CI / "pipeline.sh", *arguments], env=env, capture_output=True, text=True, timeout=60)

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def applied(self):
        return [f"{it['kind']}/{it['metadata']['name']}" for it in yaml.safe_load_all((self.folder / "applied").read_text()) if it]


@pytest.fixture
def pipeline(tmp_path):
    return Pipeline(tmp_path)


def test_migrate_ends_well_when_its_job_is_complete(pipeline):
    pipeline.answers("get", "0", "0 SuccessCriteriaMet", "0 SuccessCriteriaMet Complete")
    done = pipeline.run("migrate", IMAGE)
    assert done.returncode == 0, done.stderr
    job = next(it for it in pipeline.applied() if it.startswith("Job/")).removeprefix("Job/")
    assert re.fullmatch("orders-upgrade-[0-9a-f]{10}", job)
    assert [call.split()[:2] for call in pipeline.calls()] == [["apply", "--filename"], *[["get", f"job/{job}"]] * 3, ["logs", f"job/{job}"]]
    assert "Deployment/orders" not in pipeline.applied()


def test_migrate_fails_when_its_job_does_and_says_what_to_do(pipeline):
    pipeline.answers("get", "0", "0 FailureTarget", "0 FailureTarget Failed")
    done = pipeline.run("migrate", IMAGE)
    assert done.returncode == 10
    assert f"pipeline.sh migrate {IMAGE} N" in done.stderr
    assert "rollout" not in " ".join(pipeline.calls())


def test_migrate_ends_when_its_time_is_up(pipeline):
    pipeline.answers("get", "0")
    done = pipeline.run("migrate", IMAGE, MIGRATE_WITHIN="1")
    assert done.returncode == 7 and "not ended within 1 s" in done.stderr


def test_migrate_ends_when_the_cluster_does_not_answer(pipeline):
    pipeline.answers("get", "1")
    assert pipeline.run("migrate", IMAGE).returncode == 69


def test_migrate_outlives_a_moment_without_an_answer(pipeline):
    pipeline.answers("get", "0", "1", "1", "0", "1", "1", "0 Complete")
    assert pipeline.run("migrate", IMAGE, MISSES="3").returncode == 0


@pytest.mark.parametrize("verb", ["apply", "rollout"])
def test_deploy_fails_when_a_part_of_it_does(pipeline, verb):
    pipeline.answers(verb, "1")
    assert pipeline.run("deploy", IMAGE).returncode == 1


def test_deploy_applies_no_job(pipeline):
    assert pipeline.run("deploy", IMAGE).returncode == 0
    assert [it for it in pipeline.applied() if it.startswith("Job/")] == []
    assert "Deployment/orders" in pipeline.applied()


@pytest.mark.parametrize("images, code", [
    (f"0 |{IMAGE}", 0), (f"0 2026-11-26T22:00:00Z|{OLDER}\\n|{IMAGE}", 0), (f"0 |{OLDER}\\n|{IMAGE}", 1), ("0", 1)])
def test_verify_wants_pods_of_this_image_only(pipeline, images, code):
    pipeline.answers("get", images)
    assert pipeline.run("verify", IMAGE).returncode == code


def test_verify_tells_what_a_pod_sees(pipeline):
    pipeline.answers("get", f"0 |{IMAGE}")
    pipeline.answers("exec", "1 orders behind")
    done = pipeline.run("verify", IMAGE)
    assert done.returncode == 1 and "orders behind" in done.stdout


def test_roll_back_undoes_only_this_image(pipeline):
    pipeline.answers("get", f"0 {IMAGE}")
    assert pipeline.run("roll-back", IMAGE).returncode == 0
    assert "rollout undo deployment/orders" in pipeline.calls()


def test_roll_back_leaves_what_was_never_replaced(pipeline):
    pipeline.answers("get", f"0 {OLDER}")
    assert pipeline.run("roll-back", IMAGE).returncode == 0
    assert "undo" not in " ".join(pipeline.calls())


@pytest.mark.parametrize("arguments", [[], ["migrate"], ["roll-back"], ["verify", IMAGE, "2"], ["destroy", IMAGE]])
def test_wrong_usage_is_64_and_asks_nothing(pipeline, arguments):
    done = pipeline.run(*arguments)
    assert done.returncode == 64 and "pipeline.sh migrate IMAGE" in done.stderr
    assert not (pipeline.folder / "calls").exists()


@pytest.mark.parametrize("file, schema", [("github-actions.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")])
def test_the_pipeline_fits_its_schema(file, schema):
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, CI / file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_role_covers_what_is_applied_and_no_secret():
    plain = subprocess.run([CI.parent / "kubernetes/render.sh", IMAGE], capture_output=True, text=True, check=True).stdout
    applied = {it["kind"].lower().replace("policy", "policie") + "s" for it in yaml.safe_load_all(plain) if it}
    _, role, binding = yaml.safe_load_all((CI / "role.yaml").read_text())
    changing = {resource for rule in role["rules"] if "patch" in rule["verbs"] for resource in rule["resources"]}
    assert changing == applied
    assert not {"secrets", "*"} & {resource for rule in role["rules"] for resource in rule["resources"]}
    assert "delete" not in {verb for rule in role["rules"] for verb in rule["verbs"]}
    for manifest in (role, binding):
        kubernetes_validate.validate(manifest, "1.29", strict=True)


def scripts():
    for job in yaml.safe_load((CI / "github-actions.yml").read_text())["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    for job in yaml.safe_load((CI / "gitlab-ci.yml").read_text()).values():
        if isinstance(job, dict) and "script" in job:
            yield "\n".join(job["script"])


@pytest.mark.parametrize("script", scripts())
def test_each_step_is_a_clean_script(script):
    done = subprocess.run(["shellcheck", "--shell", "bash", "--exclude", "SC2015", "-"], input=script + "\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", ["github-actions.yml", "gitlab-ci.yml"])
def test_each_pipeline_takes_all_the_steps_in_their_order(file):
    steps = re.findall(r"docker build|pipeline\.sh ([a-z-]+)", (CI / file).read_text().partition("\nworkflow:" if "gitlab" in file else "\njobs:")[2])
    assert steps == ["", "check", "migrate", "deploy", "verify", "roll-back"]
