"""The chart beside the rest: its table of values, its schema, the executable, the exit codes."""

import json
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

import helm
import pytest
import yaml
from helm import environment, objects

SCHEMALATCH = os.environ["SCHEMALATCH"]
MIGRATIONS = helm.ROOT / "examples/quickstart/migrations/versions"


def test_the_table_of_values_and_the_names_of_tools_are_in_step():
    script = helm.ROOT / "charts/generate.py"
    done = subprocess.run([sys.executable, script, "--check", SCHEMALATCH], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def paths(values, schema, definitions, prefix=""):
    """The keys of values.yaml and those of the schema, side by side."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if prefix.endswith("resources."):
        return  # may have more than the default has
    for key, rule in schema.get("properties", {}).items():
        if key in ("global", "image") and not (key == "image" and not prefix):
            continue  # not ours, and the images that are refused
        assert key in values, f"{prefix}{key} stands in the schema only"
        if isinstance(values[key], dict):
            paths(values[key], rule, definitions, f"{prefix}{key}.")
    if "properties" in schema:
        assert values.keys() <= schema["properties"].keys(), f"below {prefix or 'the top'}"


def test_the_schema_has_the_keys_of_the_values():
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())
    schema = json.loads((helm.CHART / "values.schema.json").read_text())
    paths(values, schema, schema["definitions"])


def test_every_key_has_a_row():
    readme = (helm.CHART / "README.md").read_text()

    def check(values, prefix=""):
        for key, value in values.items():
            assert f"| `{prefix}{key}` |" in readme, f"{prefix}{key} has no comment in values.yaml"
            if isinstance(value, dict) and value and f"| `{prefix}{key}` |  |" in readme:
                check(value, f"{prefix}{key}.")

    check(yaml.safe_load((helm.CHART / "values.yaml").read_text()))


def test_the_settings_are_those_of_the_executable():
    schema = json.loads((helm.CHART / "values.schema.json").read_text())
    ours = schema["properties"]["dependencies"]["items"]["properties"]["settings"]["properties"]
    page = (helm.ROOT / "docs/configuration.md").read_text()
    theirs = set(re.findall(r"^\| `(\w+)` \| `SCHEMALATCH_", page, re.M))
    elsewhere = {"listen", "detail", "detail_listen", "name", "url", "url_file", "password_file", "tool", "require", "lock_url", "readers"}
    assert set(ours) == theirs - elsewhere


def test_no_exit_code_that_may_pass_ends_the_job(smallest):
    page = (helm.ROOT / "docs/exit-codes.md").read_text().partition("## What to try again")[2]
    again = {int(code) for code in re.findall(r"\d+", re.search(r"\| ([\d, ]+) \| May pass", page)[1])}
    final = set(smallest.one("Job")["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"])
    assert again and not again & final
    never = {int(code) for row in re.findall(r"\| ([\d, ]+) \| (?:Somebody|Will)", page) for code in re.findall(r"\d+", row)}
    assert final == never - {1, 4}  # upgrade does not end with these two


def readme_blocks():
    return re.findall(r"```yaml\n(.*?)```", (helm.CHART / "README.md").read_text(), re.S)


def test_the_readme_shows_values_that_work():
    smallest, several, parent, _ = readme_blocks()
    assert yaml.safe_load(smallest) == yaml.safe_load((helm.CHART / "ci/smallest-values.yaml").read_text())
    assert yaml.safe_load(parent) == yaml.safe_load((helm.ROOT / "tests/charts/parent/values.yaml").read_text())
    helm.render("smallest-values.yaml", yaml.safe_load(several))


def test_the_readme_includes_what_the_parent_chart_does():
    template = (helm.ROOT / "tests/charts/parent/templates/orders.yaml").read_text()
    included = re.findall(r"{{.*?}}", readme_blocks()[3])
    assert len(included) == 4 and not [each for each in included if each not in template]


# --- the executable reads what the chart writes


@pytest.fixture
def baked(tmp_path):
    file = tmp_path / "required.json"
    subprocess.run([SCHEMALATCH, "bake", "--tool", "alembic", "--from", MIGRATIONS, "--output", file], check=True, capture_output=True)
    return file


def pod_environment(container, baked, config=None):
    """What the kubelet would set, with URLs in place of Secrets and the baked file where it lies here."""
    found = {}
    for name, value in environment(container).items():
        if isinstance(value, tuple):
            value = "postgresql://role@db/" + value[0]
        found[name] = value.replace("/schema/required.json", str(baked))
    if config:
        assert found["SCHEMALATCH_CONFIG"] == "/etc/schemalatch/schemalatch.toml"
        found["SCHEMALATCH_CONFIG"] = str(config)
    return found


def check_config(environment_of_pod):
    return subprocess.run([SCHEMALATCH, "check-config"], env=environment_of_pod, capture_output=True, text=True)


def test_the_executable_understands_the_environment_of_one_dependency(smallest, worker, baked):
    for container in (smallest.gate, smallest.upgrade, worker.gate):
        done = check_config(pod_environment(container, baked))
        assert (done.returncode, "ignored" in done.stderr) == (0, False), done.stderr
        assert "orders: alembic at db:5432, needs ae1027a6acf3" in done.stdout


def test_the_executable_understands_the_environment_and_the_file_of_several(several, baked, tmp_path):
    config = pathlib.Path(tmp_path, "schemalatch.toml")
    config.write_text(several.one("Deployment")["spec"]["template"]["metadata"]["annotations"]["schemalatch-config"])
    done = check_config(pod_environment(several.gate, baked, config))
    assert (done.returncode, "ignored" in done.stderr) == (0, False), done.stderr
    assert "orders: alembic at db:5432, needs ae1027a6acf3" in done.stdout
    assert "audit-log: golang-migrate at db:5432, needs 43" in done.stdout
    done = check_config(pod_environment(several.upgrade, baked))
    assert done.returncode == 0, done.stderr


def test_every_setting_of_the_chart_is_one_of_the_executable(baked):
    settings = {
        "table": "alembic_version", "schema": "app", "interval": "1s", "interval_ready": "30s", "deadline": "3s", "hold": "forever",
        "standby_limit": "10m", "unknown_revision": "fail", "enforce": False, "require_wait": "5s", "journal": "latch", "lock_name": "orders",
    }  # fmt: skip
    dependency = {"name": "orders", "tool": "alembic", "urlSecret": {"name": "a", "key": "b"}, "require": "@/schema/required.json", "settings": settings}
    rendered = objects("smallest-values.yaml", {"dependencies": [dependency]})
    for container in (rendered.gate, rendered.upgrade):
        done = check_config(pod_environment(container, baked))
        assert (done.returncode, "ignored" in done.stderr) == (0, False), done.stderr


def test_the_executable_understands_the_flags_of_the_upgrade(several, baked, tmp_path):
    # A port where nobody listens: it gets as far as asking the database.
    command = [word.replace("=10m", "=100ms") for word in several.upgrade["command"]]
    given = pod_environment(several.upgrade, baked)
    given["SCHEMALATCH_URL"] = "postgresql://role@127.0.0.1:1/orders"
    done = subprocess.run([SCHEMALATCH, *command[1:]], env=given, capture_output=True, text=True, timeout=30)
    assert done.returncode == 5, done.stderr


def test_the_executable_understands_the_flags_of_wait(worker, baked):
    command = [word.replace("1h", "100ms") for word in worker.gate["command"]]
    given = pod_environment(worker.gate, baked)
    given["SCHEMALATCH_URL"] = "postgresql://role@127.0.0.1:1/orders"
    done = subprocess.run([SCHEMALATCH, *command[1:]], env=given, capture_output=True, text=True, timeout=30)
    assert done.returncode == 7, done.stderr


def test_the_readme_shows_what_is_said():
    values = {"image": {"tag": ""}, "dependencies": [{"name": "orders", "urlSecret": {"name": "orders-db", "key": "url-ro"}}]}
    with pytest.raises(helm.Refused) as refused:
        helm.render("smallest-values.yaml", values)
    said = str(refused.value).partition("These values")
    shown = (helm.CHART / "README.md").read_text().partition("```\nThese values")[2].partition("```")[0]
    assert shown and said[2].strip().startswith(shown.strip())


# --- the pods' commands as processes, in place of a kubelet


MIGRATE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("create table schema_migrations (version integer, dirty boolean)")
database.execute("insert into schema_migrations values (2, false)")
database.commit()
"""


def answer(port, path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def becomes(expected, ask, seconds=20):
    """Asks until the answer is the expected one; returns the last."""
    end = time.monotonic() + seconds
    while (seen := ask()) != expected and time.monotonic() < end:
        time.sleep(0.05)
    return seen


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


NUMBERED = {"name": "orders", "tool": "golang-migrate", "require": "2", "urlSecret": {"name": "orders-db", "key": "url-ro"}}


@pytest.fixture
def database(tmp_path):
    file = tmp_path / "orders.db"
    sqlite3.connect(file).execute("create table something_else (id integer)")
    return file


def process(container, database, run, stderr=subprocess.DEVNULL):
    given = {name: value for name, value in environment(container).items() if isinstance(value, str)}
    given["SCHEMALATCH_URL"] = f"sqlite:///{database}"
    assert container["command"][0] == "/schemalatch"
    return run([SCHEMALATCH, *container["command"][1:]], env=given, stderr=stderr, stdout=subprocess.DEVNULL, text=True)


def test_a_wait_that_began_before_the_job_ends_as_soon_as_it_fails(database):
    values = {"dependencies": [NUMBERED], "gate": "init", "upgrade": {"command": ["false"]}}
    rendered = objects("smallest-values.yaml", values)
    waiting = process(rendered.gate, database, subprocess.Popen, stderr=subprocess.PIPE)
    try:
        assert any("no table" in line for line in waiting.stderr), "it ended before its first look"
        assert process(rendered.upgrade, database, subprocess.run).returncode == 10
        assert waiting.wait(20) == 10
    finally:
        waiting.kill()
        waiting.wait()


def test_the_gate_opens_once_the_job_has_run(database):
    port = free_port()
    values = {
        "dependencies": [NUMBERED],
        "sidecar": {"port": port},
        "upgrade": {"command": [sys.executable, "-c", MIGRATE, str(database)]},
    }
    rendered = objects("smallest-values.yaml", values)
    waiter = objects("smallest-values.yaml", {**values, "gate": "init"}).gate

    gate = process(rendered.gate, database, subprocess.Popen)
    waiting = process(waiter, database, subprocess.Popen)
    try:
        ready, live = (rendered.gate[probe]["httpGet"]["path"] for probe in ("readinessProbe", "livenessProbe"))
        assert becomes(200, lambda: answer(port, live)) == 200
        assert answer(port, ready) == 503
        assert waiting.poll() is None
        assert process(rendered.upgrade, database, subprocess.run).returncode == 0
        assert becomes(200, lambda: answer(port, ready)) == 200
        assert waiting.wait(20) == 0
        assert process(rendered.upgrade, database, subprocess.run).returncode == 0, "a second Job finds nothing to do"
    finally:
        for each in (gate, waiting):
            each.kill()
            each.wait()
