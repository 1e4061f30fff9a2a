"""Values that can't work end helm template, with a sentence that says what to do."""

import helm
import pytest
from helm import render

DEPENDENCY = {"name": "orders", "urlSecret": {"name": "orders-db", "key": "url-ro"}, "require": "@/schema/required.json"}
URL = "postgresql://orders:correct-horse@db/orders"
VOLUME = {"name": "x", "emptyDir": {}}
DATABASE = {"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}], "port": 5432}


def dependency(**changes):
    changed = {**DEPENDENCY, **changes}
    return {key: value for key, value in changed.items() if value is not None}


CAN_NOT_WORK = {
    "no image": ({"image": {"repository": ""}}, "image.repository: is empty; name the application's image"),
    "no tag": ({"image": {"tag": ""}}, "image.tag: is empty, and so is image.digest; name the version"),
    "a number as tag": ({"image": {"tag": 20240101120000}}, "image.tag: is a number, and long ones lose digits; put it in quotes"),
    "zero as tag": ({"image": {"tag": 0}}, "image.tag: is a number"),
    "a tag that is none": ({"image": {"tag": "1.2+3"}}, 'image.tag: "1.2+3" is no tag'),
    "a tag in the repository": ({"image": {"repository": "registry.example/orders:42"}}, "image.repository: ends with a tag or a digest"),
    "a digest in the repository": ({"image": {"repository": "orders@sha256:12"}}, "image.repository: ends with a tag or a digest"),
    "an address as repository": ({"image": {"repository": "https://registry.example/orders"}}, "is no image's name; write registry and path"),
    "another image of the gate": ({"sidecar": {"image": "schemalatch:1"}}, "sidecar.image: application, gate and upgrade run from one image"),
    "another image of the upgrade": ({"upgrade": {"image": {"tag": "1"}}}, "upgrade.image: application, gate and upgrade run from one image"),
    "another image of the application": ({"application": {"image": "x"}}, "application.image: application, gate and upgrade"),
    "another image of the wait container": ({"wait": {"image": "x"}}, "wait.image: application, gate and upgrade"),
    "no dependency": ({"dependencies": []}, "dependencies: is empty, so there is nothing to wait for; write at least one"),
    "no name": ({"dependencies": [dependency(name=None)]}, "dependencies[0].name: is not 1 to 63 letters"),
    "a name with a space": ({"dependencies": [dependency(name="the orders")]}, "dependencies[0].name: is not 1 to 63 letters"),
    "two names that are one variable": (
        {"dependencies": [dependency(name="audit-log"), dependency(name="audit_log")], "upgrade": {"dependency": "audit-log"}},
        "dependencies[1].name: audit_log and audit-log are the same in environment variables",
    ),
    "no secret": ({"dependencies": [dependency(urlSecret=None)]}, "dependencies[0].urlSecret: lacks name or key; name the existing Secret"),
    "half a secret": ({"dependencies": [dependency(urlSecret={"name": "x"})]}, "dependencies[0].urlSecret: lacks name or key"),
    "a URL in place of a secret's name": ({"dependencies": [dependency(urlSecret={"name": URL, "key": "url"})]}, "never the URL"),
    "a URL in place of a secret's key": ({"upgrade": {"urlSecret": {"key": URL}}}, "upgrade.urlSecret: has a name or key that no Secret has"),
    "no requirement": ({"dependencies": [dependency(require=None)]}, "dependencies[0].require: is missing, and a gate without a requirement never opens"),
    "an empty requirement": ({"dependencies": [dependency(require="")]}, "dependencies[0].require: is missing"),
    "a number as requirement": ({"dependencies": [dependency(require=43, tool="golang-migrate")]}, "dependencies[0].require: is a number"),
    "a version without its tool": ({"dependencies": [dependency(require="43")]}, "dependencies[0].tool: is missing, and a version alone does not tell it"),
    "an unknown tool": ({"dependencies": [dependency(tool="alembik")]}, 'dependencies[0].tool: "alembik" is none that schemalatch reads; write one of: alembic'),
    "a file without @": ({"dependencies": [dependency(require="/schema/required.json")]}, "looks like a file, and is taken for a version; write @"),
    "a file without @ beside its tool": ({"dependencies": [dependency(require="required.json", tool="alembic")]}, "looks like a file"),
    "@ and no file": ({"dependencies": [dependency(require="@")]}, "dependencies[0].require: names no file by its whole path"),
    "a file by half its path": ({"dependencies": [dependency(require="@required.json")]}, "dependencies[0].require: names no file by its whole path"),
    "one version of a graph": ({"dependencies": [dependency(require="ae1027a6acf3", tool="alembic")]}, "one version says too little for alembic"),
    "one version of a set": ({"dependencies": [dependency(require="12", tool="flyway")]}, "one version says too little for flyway"),
    "a setting that is empty": ({"dependencies": [dependency(settings={"journal": ""})]}, "dependencies[0].settings.journal: is empty"),
    "an upgrade by auto": ({"dependencies": [dependency(tool="auto", require="43")]}, "upgrade: the tool can't be auto"),
    "no command": ({"upgrade": {"command": []}}, "upgrade.command: is empty; write the migration command as a list"),
    "a command whose first word is empty": ({"upgrade": {"command": [""]}}, "upgrade.command: is empty"),
    "a command in one word": ({"upgrade": {"command": ["alembic upgrade head"]}}, "which is no program's name, for no shell takes it apart"),
    "schemalatch in schemalatch": (
        {"upgrade": {"command": ["/schemalatch", "upgrade", "--", "alembic", "upgrade", "head"]}},
        "upgrade.command: begins with schemalatch, which would wait for its own lock",
    ),
    "no owner": ({"upgrade": {"urlSecret": {"key": ""}}}, "upgrade.urlSecret: lacks name or key"),
    "several and none named": ({"dependencies": [dependency(), dependency(name="b")]}, "upgrade.dependency: is empty, and there are several"),
    "another one named": ({"upgrade": {"dependency": "x"}}, 'upgrade.dependency: "x" is none of the dependencies'),
    "a post hook": ({"upgrade": {"annotations": {"helm.sh/hook": "post-upgrade"}}}, "upgrade.annotations: helm.sh/hook would deadlock"),
    "a pre hook": ({"upgrade": {"annotations": {"helm.sh/hook": "pre-install"}}}, "upgrade.annotations: helm.sh/hook would deadlock"),
    "a hooked Deployment": ({"annotations": {"helm.sh/hook": "pre-install"}}, "annotations: helm.sh/hook would deadlock"),
    "a Deployment that Argo CD hooks": ({"annotations": {"argocd.argoproj.io/hook": "PreSync"}}, "annotations: argocd.argoproj.io/hook would deadlock"),
    "a Job that is kept": ({"upgrade": {"annotations": {"helm.sh/resource-policy": "keep"}}}, "helm.sh/resource-policy would keep old Jobs"),
    "a PostSync hook": ({"upgrade": {"annotations": {"argocd.argoproj.io/hook": "PostSync"}}}, 'argocd.argoproj.io/hook: "PostSync" would deadlock'),
    "a later wave": ({"upgrade": {"annotations": {"argocd.argoproj.io/sync-wave": "1"}}}, "argocd.argoproj.io/sync-wave: 1 would deadlock"),
    "an earlier wave of the Deployment": ({"annotations": {"argocd.argoproj.io/sync-wave": "-2"}}, "argocd.argoproj.io/sync-wave: 0 would deadlock: wave -2"),
    "a rollout shorter than the upgrade": ({"progressDeadlineSeconds": 3600}, "progressDeadlineSeconds: 3600 is over before upgrade.activeDeadlineSeconds, 3600"),
    "a second requirement": ({"sidecar": {"env": [{"name": "SCHEMALATCH_REQUIRE", "value": "1"}]}}, 'sidecar.env: "SCHEMALATCH_REQUIRE" would let one container require'),
    "a second requirement, by name": ({"upgrade": {"env": [{"name": "SCHEMALATCH_ORDERS__REQUIRE", "value": "1"}]}}, "would let one container require"),
    "a second URL": ({"sidecar": {"env": [{"name": "SCHEMALATCH_URL", "value": "x"}]}}, "is set by the chart already; leave it out"),
    "a second address": ({"sidecar": {"env": [{"name": "SCHEMALATCH_LISTEN", "value": ":1"}]}}, '"SCHEMALATCH_LISTEN" stands twice'),
    "a variable that stands twice": ({"application": {"env": [{"name": "A", "value": "1"}] * 2}}, 'application.env: "A" stands twice'),
    "a mount without its volume": ({"application": {"volumeMounts": [{"name": "x", "mountPath": "/x"}]}}, '"x" is none of the volumes'),
    "a mount over /tmp": ({"volumes": [VOLUME], "upgrade": {"volumeMounts": [{"name": "x", "mountPath": "/tmp"}]}}, '"/tmp" stands twice'),
    "a volume that stands twice": ({"volumes": [VOLUME, VOLUME]}, 'volumes: "x" stands twice'),
    "a volume of the chart's own": ({"volumes": [{**VOLUME, "name": "tmp"}]}, 'volumes: "tmp" stands twice, or is one of the chart\'s own'),
    "two containers at one port": ({"application": {"port": 7355}}, "sidecar.port: is application.port too"),
    "a name that no Service may have": ({"nameOverride": "1orders"}, 'nameOverride: "1orders" begins with a digit'),
    "a label that selects": ({"podLabels": {"app.kubernetes.io/component": "x"}}, "podLabels: app.kubernetes.io/component is what the Service finds"),
    "an account that nobody makes": ({"serviceAccount": {"create": False}}, "serviceAccount.name: is empty, and create is false; name the account"),
    "an account of the upgrade that nobody makes": ({"upgrade": {"serviceAccount": {"create": False}}}, "upgrade.serviceAccount.name: is empty, and create is false"),
    "an account that is made twice": ({"upgrade": {"serviceAccount": {"name": "orders"}}}, "upgrade.serviceAccount.name: is the application's account too"),
    "a policy without a database": ({"networkPolicy": {"enabled": True}}, "networkPolicy.databases: is empty, and then no database can be reached"),
    "a database that is everywhere": ({"networkPolicy": {"enabled": True, "databases": [{"port": 5432}]}}, "networkPolicy.databases[0].to: is empty, and then everything"),
    "DNS that is everywhere": ({"networkPolicy": {"enabled": True, "databases": [DATABASE], "dns": []}}, "networkPolicy.dns: is empty"),
}  # fmt: skip

DOES_NOT_FIT = {
    "an unknown key": ({"upgrades": {}}, "upgrades"),
    "an unknown key below": ({"upgrade": {"waitlock": "10m"}}, "waitlock"),
    "an unknown gate": ({"gate": "liveness"}, "gate"),
    "a duration without a unit": ({"upgrade": {"killAfter": "20"}}, "killAfter"),
    "a number as duration": ({"upgrade": {"waitLock": 10}}, "waitLock"),
    "root": ({"runAsUser": 0}, "runAsUser"),
    "a command in one piece": ({"upgrade": {"command": "alembic upgrade head"}}, "command"),
    "no surge": ({"maxSurge": 0}, "maxSurge"),
    "a port below 1024": ({"sidecar": {"port": 80}}, "port"),
    "an unknown setting": ({"dependencies": [dependency(settings={"intervall": "1s"})]}, "intervall"),
    "an unknown key of a dependency": ({"dependencies": [dependency(url="postgresql://a:secret@b/c")]}, "url"),
    "a setting that is no duration": ({"dependencies": [dependency(settings={"interval": "1 s"})]}, "interval"),
    "a setting of no time": ({"dependencies": [dependency(settings={"deadline": "0s"})]}, "deadline"),
    "a setting of other words": ({"dependencies": [dependency(settings={"unknown_revision": "pass"})]}, "unknown_revision"),
    "a time beyond all numbers": ({"upgrade": {"killAfter": "9999999999999999999h"}}, "killAfter"),
    "a number as variable": ({"application": {"env": [{"name": "A", "value": 5}]}}, "application/env/0/value"),
    "a number as argument": ({"application": {"args": ["--port", 8080]}}, "application/args/1"),
    "resources without requests and limits": ({"sidecar": {"resources": {"memory": "64Mi"}}}, "memory"),
    "an address without its mask": ({"networkPolicy": {"databases": [{"to": [{"ipBlock": {"cidr": "10.1.2.3"}}], "port": 5432}]}}, "cidr"),
    "a policy by a host's name": ({"networkPolicy": {"databases": [{"to": [{"host": "db"}], "port": 5432}]}}, "host"),
    "dependencies by name": ({"dependencies": {"orders": DEPENDENCY}}, "dependencies"),
    "a user beyond all users": ({"runAsUser": 9999999999}, "runAsUser"),
    "a key taken away": ({"upgrade": {"urlSecret": None}}, "urlSecret"),
    "all dependencies taken away": ({"dependencies": None}, "dependencies"),
    "a short digest": ({"image": {"digest": "sha256:1"}}, "digest"),
    "a number as name": ({"nameOverride": 5}, "nameOverride"),
    "a wave that is a number": ({"upgrade": {"annotations": {"argocd.argoproj.io/sync-wave": 1}}}, "sync-wave"),
}


def refusal(values):
    with pytest.raises(helm.Refused) as refused:
        render("smallest-values.yaml", values)
    return str(refused.value)


@pytest.mark.parametrize("case", CAN_NOT_WORK)
def test_what_can_not_work_is_refused_with_what_to_do(case):
    values, sentence = CAN_NOT_WORK[case]
    said = refusal(values)
    assert sentence in said
    problems = [line for line in said.partition("These values can't work:\n")[2].splitlines() if line.startswith("  ")]
    assert len(problems) == 1, "one mistake, one sentence"
    assert ";" in problems[0], "a sentence says what to do behind its semicolon"
    assert "correct-horse" not in said


@pytest.mark.parametrize("case", DOES_NOT_FIT)
def test_what_does_not_fit_the_schema_is_refused(case):
    values, named = DOES_NOT_FIT[case]
    said = refusal(values)
    assert "schema" in said and named in said.replace(".", "/")  # helm 3 writes application.env.0.value


def test_all_problems_are_told_at_once():
    said = refusal({"image": {"tag": ""}, "upgrade": {"command": []}, "dependencies": [dependency(require=None)]})
    assert "image.tag:" in said and "upgrade.command:" in said and "dependencies[0].require:" in said


def test_no_values_at_all_are_refused_with_all_that_is_needed():
    with pytest.raises(helm.Refused) as refused:
        render(None)
    for key in ("image.repository", "image.tag", "dependencies", "upgrade.command", "upgrade.urlSecret"):
        assert f"  {key}: " in str(refused.value)


def test_the_same_values_by_set_work_where_helm_keeps_their_digits():
    text = render("smallest-values.yaml", None, "--set", "image.tag=20240101120000")
    assert "registry.example/orders:20240101120000" in text
