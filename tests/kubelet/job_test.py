"""A Job by its controller's rules, and the manifest's own settings under them."""
import pytest
import yaml

from changes import set_spec
from cluster import EXAMPLE
from conftest import LATER, OLD
from job import FASTER, action_for, pause_after

POLICY = yaml.safe_load((EXAMPLE / "upgrade-job.yaml").read_text())["spec"]["podFailurePolicy"]
SIGTERM = 128 + 15


def give_up_soon(manifest):
    command = manifest["spec"]["template"]["spec"]["containers"][0]["command"]
    command[command.index("--connect-timeout") + 1] = "200ms"


def test_the_pause_doubles_up_to_ten_minutes():
    assert [pause_after(failures) for failures in (1, 2, 3, 4, 6, 7, 20)] == [10, 20, 40, 80, 320, 600, 600]


@pytest.mark.parametrize("code, is_disrupted, action", [
    (10, False, "FailJob"), (10, True, "FailJob"), (78, False, "FailJob"), # a failed migration stays one, on whatever node
    (SIGTERM, True, "Ignore"), (SIGTERM, False, "Count"), (5, False, "Count"), (8, False, "Count"), (137, False, "Count")])
def test_what_the_policy_of_the_manifest_makes_of_an_exit_code(code, is_disrupted, action):
    assert action_for(POLICY, code, is_disrupted) == action


def test_an_upgrade_that_finds_no_server_is_tried_again_ever_later_then_given_up_and_tried_anew(service, postgres):
    cluster = service.cluster
    postgres.stop()
    try:
        job = cluster.apply(OLD, parts=("upgrade-job",), Job=give_up_soon)
        assert job.join() == "failed"
    finally:
        postgres.start()
    assert (job.reason, job.exit_codes) == ("BackoffLimitExceeded", [5] * 5)
    pauses = [later - sooner for sooner, later in zip(job.started_at, job.started_at[1:])]
    assert all(pause >= pause_after(number) / FASTER for number, pause in enumerate(pauses, 1)), pauses
    service.create_database()
    assert cluster.apply(OLD, attempt=2).join() == "complete"
    cluster.wait_until_complete(OLD)


def test_a_deadline_stops_the_upgrade_in_order_and_leaves_no_lock(service):
    service.build(LATER, later="SELECT pg_sleep(60)")
    cluster = service.install()
    job = cluster.apply(LATER, parts=("upgrade-job",), Job=set_spec(activeDeadlineSeconds=4))
    assert job.join() == "failed"
    assert (job.reason, job.exit_codes) == ("DeadlineExceeded", [SIGTERM])
    assert service.runs() == ["succeeded", "aborted"]
    assert cluster.apply(OLD, attempt=2, parts=("upgrade-job",)).join() == "complete"


def test_a_job_that_is_deleted_stops_its_upgrade_and_makes_no_other_pod(service):
    service.build(LATER, later="SELECT pg_sleep(60)")
    cluster = service.install()
    job = cluster.apply(LATER, parts=("upgrade-job",))
    cluster.wait_for(lambda: service.runs()[-1] is None, "a run")
    job.delete()
    assert (job.state, job.exit_codes) == ("deleted", [SIGTERM])
    assert service.runs() == ["succeeded", "aborted"]
