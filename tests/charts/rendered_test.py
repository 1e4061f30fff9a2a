"""What the chart makes of values that can work."""

import shutil

import helm
import kubernetes_validate
import pytest
import yaml
from helm import environment, objects, render

KUBERNETES = ["1.29", "1.33", kubernetes_validate.latest_version()]


def test_lint_finds_nothing_to_say(file):
    assert "0 chart(s) failed" in helm.run("lint", "--strict", helm.CHART, files=[file])


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_fits_the_schemas_of_kubernetes(file, version):
    rendered = objects(file)
    assert rendered.all
    for each in rendered.all:
        kubernetes_validate.validate(each, version, strict=True)


DATABASE = {"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}], "port": 5432}
ODD = {
    "an image of no registry": {"image": {"repository": "orders"}},
    "a registry with a port": {"image": {"repository": "registry.example:5000/shop/orders"}},
    "a digest alone": {"image": {"tag": "", "digest": "sha256:" + "0" * 64}},
    "names that YAML takes for something else": {"nameOverride": "true", "priorityClassName": "5"},
    "a path with a space and a quote": {"binary": '/opt/schema "latch"'},
    "no pod at all": {"replicas": 0},
    "a user from the platform": {"runAsUser": None, "runAsGroup": None},
    "a surge in per cent": {"maxSurge": "25%"},
    "no container's resources": {"sidecar": {"resources": {"requests": None, "limits": None}}},
    "a policy of a worker": {"gate": "init", "application": {"port": None}, "networkPolicy": {"enabled": True, "databases": [DATABASE]}},
    "one port for two who never meet": {"gate": "init", "application": {"port": 7355}},
    "an upgrade in Argo CD's first phase": {"upgrade": {"annotations": {"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/sync-wave": "5"}}},
    "words that look like templates": {"application": {"args": ["{{ .Values.image }}", "- x: y", "# no"]}, "podAnnotations": {"a": "{{ fail }}"}},
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_odd_and_can_work_fits_the_schemas_of_kubernetes(case):
    for each in objects("smallest-values.yaml", ODD[case]).all:
        kubernetes_validate.validate(each, KUBERNETES[0], strict=True)


def test_a_platform_that_gives_users_is_asked_for_one_that_is_not_root():
    pod = objects("smallest-values.yaml", {"runAsUser": None, "runAsGroup": None}).pod_specs()[0]["securityContext"]
    assert pod["runAsNonRoot"] is True and not {"runAsUser", "runAsGroup"} & pod.keys()


def test_kubernetes_without_native_sidecars_is_refused():
    with pytest.raises(helm.Refused, match="kubeVersion"):
        render("smallest-values.yaml", None, "--kube-version", "1.28.0")


def test_the_smallest_values_make_a_whole_gated_application(smallest):
    assert smallest.kinds() == ["Deployment", "Job", "PodDisruptionBudget", "Service", "ServiceAccount", "ServiceAccount"]


def test_every_object_names_its_namespace(file):
    assert {each["metadata"]["namespace"] for each in objects(file).all} == {"shop"}


# --- the name of the upgrade Job


def test_the_same_values_make_the_same_bytes(file):
    assert render(file) == render(file)


def name_with(values, *arguments):
    return objects("smallest-values.yaml", values, *arguments).job_name


@pytest.mark.parametrize(
    "values",
    [
        {"image": {"tag": "43"}},
        {"image": {"digest": "sha256:" + "0" * 64}},
        {"upgrade": {"attempt": 2}},
        {"upgrade": {"command": ["alembic", "upgrade", "heads"]}},
        {"upgrade": {"activeDeadlineSeconds": 60}},
        {"upgrade": {"env": [{"name": "A", "value": "b"}]}},
        {"nodeSelector": {"disk": "ssd"}},
    ],
    ids=str,
)
def test_what_a_job_can_not_be_changed_in_makes_another_job(values):
    assert name_with(values) != name_with({})


@pytest.mark.parametrize(
    "values",
    [{"replicas": 7}, {"application": {"args": ["x"]}}, {"upgrade": {"annotations": {"a": "b"}}}, {"podAnnotations": {"a": "b"}}],
    ids=str,
)
def test_what_does_not_concern_the_job_makes_no_other_one(values):
    assert name_with(values) == name_with({})


def test_each_release_of_helm_makes_another_job(tmp_path):
    # helm template always tells a first revision, so the templates of a copy are told others.
    shutil.copytree(helm.CHART, tmp_path / "schemalatch")
    template = tmp_path / "schemalatch/templates/_upgrade.tpl"
    text = template.read_text()
    assert ".Release.Revision" in text
    names = set()
    for revision in "12":
        template.write_text(text.replace(".Release.Revision", revision))
        names.add(objects(chart=tmp_path / "schemalatch").job_name)
    assert len(names) == 2


def test_long_names_stay_names():
    rendered = objects(release="o" * 53)
    for each in rendered.all:
        assert len(each["metadata"]["name"]) <= 63, each["metadata"]["name"]


def test_a_release_with_a_dot_has_names_that_a_service_may_have():
    assert objects(release="orders.v2").one("Service")["metadata"]["name"] == "orders-v2"


# --- the upgrade Job


def test_the_upgrade_is_no_hook(several):
    assert not [key for each in several.all for key in each["metadata"].get("annotations", {}) if "hook" in key]


def test_the_upgrade_is_tried_again_where_that_may_help_and_only_there(smallest):
    spec = smallest.one("Job")["spec"]
    assert spec["podReplacementPolicy"] == "Failed"
    fail, ignore = spec["podFailurePolicy"]["rules"]
    assert (fail["action"], ignore["action"]) == ("FailJob", "Ignore")
    final = set(fail["onExitCodes"]["values"])
    assert final == {10, 11, 12, 14, 64, 70, 78}  # docs/exit-codes.md
    assert not final & {3, 5, 6, 7, 8, 9, 13, 69}
    assert fail["onExitCodes"]["containerName"] == smallest.upgrade["name"]
    assert ignore["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # a podFailurePolicy asks for it


@pytest.mark.parametrize("kill_after, seconds", [("20s", 30), ("1m30s", 100), ("1h", 3610), ("250ms", 11), ("0s", 10)])
def test_the_grace_period_is_10_s_longer_than_kill_after(kill_after, seconds):
    spec = objects("smallest-values.yaml", {"upgrade": {"killAfter": kill_after}}).one("Job")["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == seconds


def test_the_command_reaches_schemalatch_word_for_word():
    words = ["sh", "-c", 'echo "a  b" \\ : # {{ x }}', "", "--", "yes", "7"]
    command = objects("smallest-values.yaml", {"upgrade": {"command": words}}).upgrade["command"]
    assert command[:2] == ["/schemalatch", "upgrade"]
    assert command[command.index("--") + 1 :] == words


def test_the_owner_migrates_and_the_sidecar_only_reads(smallest):
    assert environment(smallest.upgrade)["SCHEMALATCH_URL"] == ("orders-db", "url-owner")
    assert environment(smallest.gate)["SCHEMALATCH_URL"] == ("orders-db", "url-ro")


def test_without_the_upgrade_nothing_of_it_is_left(worker):
    assert worker.kinds() == ["Deployment"]


@pytest.mark.parametrize("version", [29, 2592000])
def test_large_numbers_stay_whole(version):
    values = {"upgrade": {"ttlSecondsAfterFinished": version}, "runAsUser": 1000000000}
    rendered = objects("smallest-values.yaml", values)
    assert rendered.one("Job")["spec"]["ttlSecondsAfterFinished"] == version
    assert rendered.one("Job")["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 1000000000


# --- the gates


def test_application_gate_and_upgrade_run_from_one_image(file):
    images = {
        container["image"]
        for spec in objects(file).pod_specs()
        for container in [*spec.get("initContainers", []), *spec["containers"]]
    }
    assert len(images) == 1


def test_the_gate_readiness_holds_back_the_traffic(smallest):
    gate = smallest.gate
    assert (gate["name"], gate["restartPolicy"], gate["command"]) == ("schemalatch", "Always", ["/schemalatch", "serve"])
    assert gate["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "readiness"}
    assert gate["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "readiness"}
    assert gate["ports"] == [{"name": "readiness", "containerPort": 7355, "protocol": "TCP"}]
    assert "startupProbe" not in gate


def test_the_gate_startup_holds_back_the_application_longer_than_an_upgrade_takes(several):
    probe = several.gate["startupProbe"]
    assert probe["httpGet"] == {"path": "/readyz", "port": "readiness"}
    assert probe["periodSeconds"] * probe["failureThreshold"] > several.one("Job")["spec"]["activeDeadlineSeconds"]
    assert several.gate["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_the_gate_init_waits_and_ends(worker):
    assert worker.gate["command"] == ["/schemalatch", "wait", "--timeout", "1h", "--failures", "1"]
    assert not {"restartPolicy", "readinessProbe", "livenessProbe", "startupProbe", "ports"} & worker.gate.keys()


def test_the_port_moves_as_a_whole():
    values = {"sidecar": {"port": 8355}, "networkPolicy": {"enabled": True, "databases": [DATABASE]}}
    rendered = objects("smallest-values.yaml", values)
    assert environment(rendered.gate)["SCHEMALATCH_LISTEN"] == "[::]:8355"
    assert rendered.gate["ports"][0]["containerPort"] == 8355
    ports = rendered.one("NetworkPolicy", "application")["spec"]["ingress"][0]["ports"]
    assert ports == [{"port": 8355, "protocol": "TCP"}]


def test_several_dependencies_are_named_by_a_file_that_is_part_of_the_pod(several):
    template = several.one("Deployment")["spec"]["template"]
    assert template["metadata"]["annotations"]["schemalatch-config"].count("[[dependency]]") == 2
    items = [volume["downwardAPI"]["items"] for volume in template["spec"]["volumes"] if volume["name"] == "schemalatch-config"]
    assert items == [[{"path": "schemalatch.toml", "fieldRef": {"fieldPath": "metadata.annotations['schemalatch-config']"}}]]
    assert "ConfigMap" not in several.kinds()


# --- the application


def test_old_pods_serve_until_new_ones_are_ready(file):
    spec = objects(file).one("Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["strategy"]["rollingUpdate"]["maxSurge"] == 1


@pytest.mark.parametrize("seconds", [60, 3600, 86400])
def test_a_rollout_may_stand_still_longer_than_the_upgrade_takes(seconds):
    rendered = objects("smallest-values.yaml", {"upgrade": {"activeDeadlineSeconds": seconds}})
    assert rendered.one("Deployment")["spec"]["progressDeadlineSeconds"] > seconds


def test_selectors_tell_the_application_from_the_upgrade(several):
    def selects(selector, labels):
        return selector.items() <= labels.items()

    application = several.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    upgrade = several.one("Job")["spec"]["template"]["metadata"]["labels"]
    for selector in (
        several.one("Deployment")["spec"]["selector"]["matchLabels"],
        several.one("Service")["spec"]["selector"],
        several.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        several.one("NetworkPolicy", "application")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selects(selector, application) and not selects(selector, upgrade)
    selector = several.one("NetworkPolicy", "upgrade")["spec"]["podSelector"]["matchLabels"]
    assert selects(selector, upgrade) and not selects(selector, application)


def test_unready_pods_do_not_hold_up_a_node_drain(smallest):
    assert smallest.one("PodDisruptionBudget")["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_where_an_autoscaler_decides_no_number_of_pods_is_given(worker):
    assert "replicas" not in worker.one("Deployment")["spec"]


def test_every_mount_has_its_volume(file):
    for spec in objects(file).pod_specs():
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes


# --- rights


def test_pods_fit_the_restricted_standard(file):
    for spec in objects(file).pod_specs():
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True and pod["runAsUser"] > 0
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
        for volume in spec.get("volumes", []):
            assert volume.keys() - {"name"} <= allowed
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_nobody_gets_a_token_or_a_right(file):
    rendered = objects(file)
    assert all(spec["automountServiceAccountToken"] is False for spec in rendered.pod_specs())
    assert all(each["automountServiceAccountToken"] is False for each in rendered.all if each["kind"] == "ServiceAccount")
    assert not [kind for kind in rendered.kinds() if "Role" in kind]


def test_every_account_is_there_or_was_there_before(several, worker):
    made = {each["metadata"]["name"] for each in several.all if each["kind"] == "ServiceAccount"}
    assert {spec["serviceAccountName"] for spec in several.pod_specs()} == made == {"orders", "orders-upgrade"}
    assert worker.pod_specs()[0]["serviceAccountName"] == "orders"


def test_the_policies_open_databases_and_dns_and_nothing_else_to_the_upgrade(several):
    policy = several.one("NetworkPolicy", "upgrade")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in policy
    assert [[port["port"] for port in rule["ports"]] for rule in policy["egress"]] == [[53, 53], [5432], [5433]]
    assert all(rule["to"] for rule in policy["egress"])


def test_the_application_reaches_what_the_upgrade_does_and_what_is_listed(several):
    application, upgrade = (several.one("NetworkPolicy", name)["spec"]["egress"] for name in ("application", "upgrade"))
    assert application[: len(upgrade)] == upgrade
    assert [rule["ports"][0]["port"] for rule in application[len(upgrade) :]] == [6379]


# --- Argo CD


def test_the_job_brings_its_account_and_policy_along_to_its_wave():
    wave = {"argocd.argoproj.io/sync-wave": "-1"}
    values = {"upgrade": {"annotations": wave}, "networkPolicy": {"enabled": True, "databases": [DATABASE]}}
    rendered = objects("smallest-values.yaml", values)
    for kind in ("Job", "ServiceAccount", "NetworkPolicy"):
        assert rendered.one(kind, "upgrade")["metadata"]["annotations"] == wave


# --- NOTES.txt


def test_the_notes_name_what_was_made():
    try:
        notes = helm.run("install", "orders", helm.CHART, "--namespace", "shop", "--dry-run=client", files=["smallest-values.yaml"])
    except helm.Refused as refused:
        if "cluster unreachable" in str(refused):
            pytest.skip("this helm asks a cluster before it prints notes; helm 4 does not")
        raise
    notes = notes.partition("NOTES:")[2]
    assert f"kubectl -n shop logs -f job/{objects().job_name}" in notes
    assert "kubectl -n shop rollout status deployment/orders" in notes
    assert "--timeout 4200s" in notes
    assert all(len(line) <= 130 for line in notes.splitlines())


# --- in a chart of one's own


@pytest.fixture
def parent(tmp_path):
    copy = tmp_path / "parent"
    shutil.copytree(helm.ROOT / "tests/charts/parent", copy)
    shutil.copytree(helm.CHART, copy / "charts/schemalatch")
    return copy


def test_a_chart_of_ones_own_takes_the_gate_and_the_job_and_nothing_else(parent, smallest):
    rendered = objects(None, chart=parent)
    assert rendered.kinds() == ["Deployment", "Job", "ServiceAccount"]
    assert rendered.gate == smallest.gate
    assert rendered.one("Job")["spec"] == smallest.one("Job")["spec"]
    assert rendered.one("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/orders:42"


def test_a_chart_of_ones_own_may_take_every_whole_object(parent):
    whole = ["upgradeJob", "upgradeServiceAccount", "serviceAccount", "upgradeNetworkPolicy", "networkPolicy"]
    template = "".join(f'---\n{{{{ include "schemalatch.{name}" .Subcharts.schemalatch }}}}\n' for name in whole)
    (parent / "templates/orders.yaml").write_text(template)
    rendered = objects(None, {"schemalatch": {"networkPolicy": {"enabled": True, "databases": [DATABASE]}}}, chart=parent)
    assert rendered.kinds() == ["Job", "NetworkPolicy", "NetworkPolicy", "ServiceAccount", "ServiceAccount"]
    for each in rendered.all:
        kubernetes_validate.validate(each, KUBERNETES[0], strict=True)


def test_a_chart_of_ones_own_may_upgrade_two_databases(parent):
    # The same chart twice, by aliases: each has its names, and so its own Job and account.
    chart = yaml.safe_load((parent / "Chart.yaml").read_text())
    [once] = chart["dependencies"]
    chart["dependencies"] = [{**once, "alias": "schemalatch"}, {**once, "alias": "audit"}]
    (parent / "Chart.yaml").write_text(yaml.safe_dump(chart))
    template = parent / "templates/orders.yaml"
    template.write_text(template.read_text() + '\n---\n{{ include "schemalatch.upgradeJob" .Subcharts.audit }}\n')
    values = yaml.safe_load((parent / "values.yaml").read_text())["schemalatch"]
    audit = {**values, "nameOverride": "audit", "upgrade": {**values["upgrade"], "urlSecret": {"name": "audit-db", "key": "url-owner"}}}
    jobs = [each["metadata"]["name"] for each in objects(None, {"audit": audit}, chart=parent).all if each["kind"] == "Job"]
    assert [name.rpartition("-")[0] for name in sorted(jobs)] == ["audit-upgrade", "orders-upgrade"]


def test_a_chart_of_ones_own_is_refused_what_can_not_work(parent):
    with pytest.raises(helm.Refused, match="upgrade.command: is empty"):
        objects(None, {"schemalatch": {"upgrade": {"command": []}}}, chart=parent)


def test_a_chart_of_ones_own_may_have_several_dependencies(parent):
    dependencies = yaml.safe_load((helm.CHART / "ci/several-values.yaml").read_text())["dependencies"]
    rendered = objects(None, {"schemalatch": {"dependencies": dependencies, "upgrade": {"dependency": "orders"}}}, chart=parent)
    template = rendered.one("Deployment")["spec"]["template"]
    assert [volume["name"] for volume in template["spec"]["volumes"]] == ["schemalatch-config"]
    assert "schemalatch-config" in template["metadata"]["annotations"]
