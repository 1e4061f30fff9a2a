"""What goes wrong in a rollout, and what the pods that serve feel of it: nothing."""
import time

from changes import look_often, set_spec
from conftest import DUPLICATES, LATER, NEW, OLD, ONE_ORDER_EACH
from rollout_test import STUCK, assert_no_restarts

OUTAGE = 12 # seconds: longer than the probe's patience, and than the gate's second look


def test_a_failed_upgrade_is_tried_once_rolled_back_and_retried(service):
    service.build(LATER, later=ONE_ORDER_EACH)
    cluster = service.install()
    service.execute(DUPLICATES)
    began, first = time.monotonic(), cluster.ready(OLD)

    job = cluster.apply(LATER, Deployment=set_spec(progressDeadlineSeconds=5))
    assert job.join() == "failed"
    assert (job.reason, job.exit_codes) == ("PodFailurePolicy", [10])
    assert "could not create unique index" in job.log()
    cluster.wait_for(lambda: cluster.deployment.is_past_its_deadline, "a rollout that tells of its failure")
    cluster.apply(LATER)
    cluster.watch(STUCK, lambda: cluster.ready(OLD) == first and not cluster.ready(LATER), "the old pods serve, none of them replaced")
    assert service.runs() == ["succeeded", "failed"], "applied again, run again"

    cluster.deployment.undo()
    cluster.wait_until_complete(OLD)
    assert cluster.ready(OLD) == first

    service.execute("DELETE FROM orders WHERE id = 2")
    job = cluster.apply(LATER, attempt=2)
    assert job.join() == "complete"
    cluster.wait_until_complete(LATER)
    assert cluster.clients.errors(began) == []
    assert service.runs() == ["succeeded", "failed", "succeeded"]
    assert_no_restarts(cluster)


def test_pods_stay_ready_while_the_database_is_away(service, postgres):
    cluster = service.install(Deployment=look_often)
    began, serving = time.monotonic(), cluster.ready(OLD)
    postgres.stop()
    try:
        cluster.deployment.scale(4)
        cluster.watch(OUTAGE, lambda: cluster.ready(OLD) == serving, "the pods that served stay ready, a new one does not become so")
        assert len(cluster.pods) == 4
        assert all("unreachable" in pod.log("schemalatch") for pod in cluster.pods), "a gate has not noticed"
    finally:
        postgres.start()
    cluster.wait_until_complete(OLD)
    assert {it.code for it in cluster.clients.errors(began)} == {502}, "more than the database's own absence"
    assert_no_restarts(cluster)


def test_a_drain_ends_while_a_rollout_waits_for_its_upgrade(service):
    cluster = service.install()
    began = time.monotonic()
    cluster.apply(NEW, parts=("deployment",))
    cluster.wait_for(lambda: len(cluster.pods) == 4, "a new pod")
    cluster.nodes["node-3"] = True
    for node in ("node-1", "node-2"):
        assert cluster.drain(node) >= 2
    assert {pod.node for pod in cluster.pods} == {"node-3"}
    assert cluster.apply(NEW, parts=("upgrade-job",)).join() == "complete"
    cluster.wait_until_complete(NEW)
    assert cluster.clients.errors(began) == []
    assert_no_restarts(cluster)


def test_an_upgrade_on_a_drained_node_begins_again_and_does_not_count(service):
    service.build(LATER, later="SELECT pg_sleep(4)")
    cluster = service.install()
    job = cluster.apply(LATER)
    cluster.wait_for(lambda: service.runs()[-1] is None, "a run")
    job.evict()
    assert job.join() == "complete"
    assert job.exit_codes == [128 + 15, 0]
    assert service.runs() == ["succeeded", "aborted", "succeeded"]
    cluster.wait_until_complete(LATER)
    assert_no_restarts(cluster)
