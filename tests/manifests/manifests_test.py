"""What the manifests of examples/ promise, in each version of the Kubernetes API that knows native sidecars."""
import os
import pathlib
import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PLAIN = EXAMPLES / "kubernetes"
VERSIONS = [f"1.{minor}" for minor in range(29, 38)]
PARTS = "service-account network-policy service upgrade-job deployment worker"
IMAGE = "registry.example/orders:43"
OVERLAYS = ["kubernetes", "kustomize/orders", "rancher-spin/database-inside", "rancher-spin/database-outside"]
FOREIGN = {"kustomize/orders": {"orders"}} # containers that are the user's own business
FINAL = {10, 11, 12, 14, 64, 70, 78}       # exit codes for which another try is of no use


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def render(image=IMAGE, attempt=1, parts=PARTS):
    done = run(PLAIN / "render.sh", image, attempt, env={**os.environ, "PARTS": parts})
    assert done.returncode == 0, done.stderr
    return done.stdout


def kustomize(folder):
    return run(os.environ["KUBECTL"], "kustomize", folder)


def load(text):
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def everything():
    yield "render.sh", load(render())
    for overlay in OVERLAYS:
        done = kustomize(EXAMPLES / overlay)
        assert done.returncode == 0, done.stderr
        yield overlay, load(done.stdout)
    done = run(os.environ["KUBECTL"], "patch", "--local", "-f", PLAIN / "deployment.yaml", "--patch-file", PLAIN / "startup-gate.yaml", "-o", "yaml")
    assert done.returncode == 0, done.stderr
    yield "startup-gate", load(done.stdout)


@pytest.fixture(scope="module")
def rendered():
    return dict(everything())


def one(manifests, kind, name=None):
    return next(it for it in manifests if it["kind"] == kind and name in (None, it["metadata"]["name"]))


def pods(manifests):
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield manifest["metadata"]["name"], manifest["spec"]["template"]["spec"]


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_fits_the_schemas_of_the_api(rendered, version):
    for manifests in rendered.values():
        for manifest in manifests:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_refuse_what_is_wrong(rendered):
    wrong = yaml.safe_load(yaml.safe_dump(one(rendered["render.sh"], "Deployment")))
    wrong["spec"]["template"]["spec"]["initContainers"][0]["readinessProb"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_every_pod_is_restricted(rendered):
    for where, manifests in rendered.items():
        for name, pod in pods(manifests):
            shared = pod.get("securityContext", {})
            for container in containers(pod):
                if container["name"] in FOREIGN.get(where, ()):
                    continue
                own = {**shared, **container["securityContext"]}
                told = f"{where}: {name}/{container['name']}"
                assert own["runAsNonRoot"] is True and own["runAsUser"] > 0, told
                assert own["allowPrivilegeEscalation"] is False and own["readOnlyRootFilesystem"] is True, told
                assert own["capabilities"] == {"drop": ["ALL"]}, told
                assert own["seccompProfile"] == {"type": "RuntimeDefault"}, told
                assert {"requests", "limits"} <= container["resources"].keys(), told
            if where not in FOREIGN:
                assert pod["automountServiceAccountToken"] is False, f"{where}: {name}"


def test_the_gate_and_the_application_are_one_image(rendered):
    seen = 0
    for where, manifests in rendered.items():
        for name, pod in pods(manifests):
            gates = [it for it in containers(pod) if it["name"] == "schemalatch"]
            seen += len(gates)
            assert {it["image"] for it in gates} <= {pod["containers"][0]["image"]}, f"{where}: {name}"
    assert seen == 7


def test_no_old_pod_goes_before_a_new_one_is_ready(rendered):
    for where, manifests in rendered.items():
        for manifest in manifests:
            if manifest["kind"] == "Deployment":
                assert manifest["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}, where


def test_a_rollout_has_longer_than_the_upgrade(rendered):
    manifests = rendered["render.sh"]
    job = next(it for it in manifests if it["kind"] == "Job")["spec"]
    deployments = [it["spec"] for it in manifests if it["kind"] == "Deployment"]
    for spec in deployments:
        assert spec["progressDeadlineSeconds"] > job["activeDeadlineSeconds"]
    startup = one(rendered["startup-gate"], "Deployment")["spec"]["template"]["spec"]["initContainers"][0]["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] > job["activeDeadlineSeconds"]
    command = job["template"]["spec"]["containers"][0]["command"]
    kill_after = int(command[command.index("--kill-after") + 1].removesuffix("s"))
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] == kill_after + 10


def test_the_job_fails_at_once_for_the_codes_that_need_a_person(rendered):
    rules = next(it for it in rendered["render.sh"] if it["kind"] == "Job")["spec"]["podFailurePolicy"]["rules"]
    assert [set(rule["onExitCodes"]["values"]) for rule in rules if rule["action"] == "FailJob"] == [FINAL]
    known = {int(code) for code in re.findall(r"^\| (\d+) \|", (ROOT / "docs/exit-codes.md").read_text(), re.M)}
    assert FINAL <= known


def test_rendering_again_gives_the_same_bytes():
    assert render() == render()


@pytest.mark.parametrize("change", [{"image": "registry.example/orders:44"}, {"attempt": 2}])
def test_another_image_or_attempt_is_another_job(change):
    first, second = load(render()), load(render(**change))
    name = one(first, "Job")["metadata"]["name"]
    assert re.fullmatch(r"orders-upgrade-[0-9a-f]{10}", name)
    assert one(second, "Job")["metadata"]["name"] != name
    for kind in ("ServiceAccount", "NetworkPolicy"):
        assert [it for it in first if it["kind"] == kind] == [it for it in second if it["kind"] == kind]


@pytest.mark.parametrize("arguments", [[], ["a b"], ["a|b"], ["x:1", "2", "3"]])
def test_what_is_no_image_is_refused(arguments):
    assert run(PLAIN / "render.sh", *arguments).returncode == 64


def test_policies_select_the_pods_they_are_meant_for(rendered):
    for where in ("render.sh", "rancher-spin/database-inside", "rancher-spin/database-outside"):
        policies = [it for it in rendered[where] if it["kind"] == "NetworkPolicy"]
        for manifest in rendered[where]:
            if manifest["kind"] in ("Deployment", "Job", "StatefulSet"):
                labels = manifest["spec"]["template"]["metadata"]["labels"]
                assert sum(selects(it["spec"]["podSelector"], labels) for it in policies) == 1, f"{where}: {manifest['metadata']['name']}"
        for policy in policies:
            ports = [port["port"] for rule in policy["spec"].get("egress", []) for port in rule["ports"]]
            assert ports in ([], [5432, 53, 53]), f"{where}: {policy['metadata']['name']}"


def selects(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(it["key"]) in it["values"] for it in selector.get("matchExpressions", []))


def test_the_kustomize_user_writes_at_most_15_lines():
    assert len((EXAMPLES / "kustomize/orders/kustomization.yaml").read_text().splitlines()) <= 15


@pytest.fixture
def own_kustomization(tmp_path):
    """A copy of the example that a test may change."""
    shutil.copytree(EXAMPLES / "kustomize", tmp_path / "kustomize")
    return tmp_path / "kustomize/orders"


@pytest.mark.parametrize("theirs", [
    {}, {"strategy": {"type": "Recreate"}}, {"strategy": {"rollingUpdate": {"maxUnavailable": "25%"}}}, {"progressDeadlineSeconds": 60}, {"replicas": 1}])
def test_kustomize_adds_the_gate_to_any_deployment(own_kustomization, theirs):
    deployment = yaml.safe_load((own_kustomization / "deployment.yaml").read_text())
    deployment["spec"].update(theirs)
    (own_kustomization / "deployment.yaml").write_text(yaml.safe_dump(deployment))
    (gated,) = load(kustomize(own_kustomization).stdout)
    assert gated["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert gated["spec"]["progressDeadlineSeconds"] == 4200
    (gate,) = gated["spec"]["template"]["spec"]["initContainers"]
    assert gate["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "readiness"} and gate["restartPolicy"] == "Always"
    assert gate["image"] == gated["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/orders:43"
    kubernetes_validate.validate(gated, VERSIONS[0], strict=True)


def test_kustomize_keeps_the_init_containers_that_are_there_and_puts_the_gate_first(own_kustomization):
    deployment = yaml.safe_load((own_kustomization / "deployment.yaml").read_text())
    deployment["spec"]["template"]["spec"]["initContainers"] = [{"name": "warm-up", "image": "registry.example/warm:1"}]
    (own_kustomization / "deployment.yaml").write_text(yaml.safe_dump(deployment))
    pod = load(kustomize(own_kustomization).stdout)[0]["spec"]["template"]["spec"]
    assert [it["name"] for it in pod["initContainers"]] == ["schemalatch", "warm-up"]
    assert pod["initContainers"][0]["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "orders-db-ro"


def test_kustomize_refuses_two_deployments_under_one_gate(own_kustomization):
    deployment = yaml.safe_load((own_kustomization / "deployment.yaml").read_text())
    other = yaml.safe_load(yaml.safe_dump(deployment))
    other["metadata"]["name"] = "invoices"
    (own_kustomization / "deployment.yaml").write_text(yaml.safe_dump_all([deployment, other]))
    done = kustomize(own_kustomization)
    assert done.returncode != 0 and "multiple matches" in done.stderr, done.stderr


def test_the_rancher_variants_run_as_the_users_number_everywhere(rendered):
    for where in ("rancher-spin/database-inside", "rancher-spin/database-outside"):
        assert {pod["securityContext"]["runAsUser"] for _, pod in pods(rendered[where])} == {98765}, where
        accounts = {name: pod.get("serviceAccountName") for name, pod in pods(rendered[where])}
        assert accounts["orders"] == "orders" and accounts["orders-upgrade-42-1"] == "orders-upgrade"
