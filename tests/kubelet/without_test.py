"""The stories of the other files with one piece taken out. Each must go wrong: else its story would pass without that piece too."""
from changes import set_gate, set_spec, take_out_the_gate
from conftest import DUPLICATES, LATER, NEW, OLD, ONE_ORDER_EACH
from rollout_test import STUCK

# One revision without its ancestry, and no journal to learn it from: nothing but equality is left.
EQUAL = {"TOOL": "alembic", "REQUIRE": "27c6a30d7c24", "JOURNAL": "nowhere"}


def is_nobody_ready(cluster):
    return cluster.wait_for(lambda: cluster.pods and not any(pod.is_ready for pod in cluster.pods), "no pod that is ready")


def test_without_the_gate_a_new_version_answers_with_errors(service):
    cluster = service.install()
    cluster.apply(NEW, parts=("deployment",), Deployment=take_out_the_gate)
    cluster.wait_for(lambda: any(it.code == 500 and "shipped_at" in it.body for it in cluster.clients.errors()), "an error of the new version")


def test_with_equal_in_place_of_at_least_an_upgrade_takes_out_the_old_pods(service):
    cluster = service.install(Deployment=set_gate(**EQUAL, INTERVAL_READY="1s"))
    assert cluster.apply(NEW, parts=("upgrade-job",)).join() == "complete"
    assert is_nobody_ready(cluster)
    assert cluster.clients.errors()[-1].body == "no pod is ready"


def test_with_equal_in_place_of_at_least_an_old_pod_that_begins_on_the_newer_schema_never_serves(service):
    """Neither an evicted one, nor those of a rollback, nor those of a scale-out."""
    cluster = service.install(Deployment=set_gate(**EQUAL)) # the others look again after 30 s
    assert cluster.apply(NEW, parts=("upgrade-job",)).join() == "complete"
    cluster.evict(cluster.ready(OLD)[0])
    cluster.wait_for(lambda: len(cluster.pods) == 3 and all(pod.started_main for pod in cluster.pods), "a pod anew")
    cluster.watch(STUCK, lambda: len(cluster.ready(OLD)) < 3, "two pods are left")


def test_without_hold_a_database_that_is_away_takes_out_every_pod(service, postgres):
    cluster = service.install(Deployment=set_gate(HOLD="1s", INTERVAL_READY="1s"))
    postgres.stop()
    try:
        assert is_nobody_ready(cluster)
    finally:
        postgres.start()
    cluster.wait_until_complete(OLD)


def test_without_its_right_to_read_a_pod_of_a_scale_out_never_serves(service):
    cluster = service.install()
    service.execute("REVOKE SELECT ON alembic_version FROM orders_ro")
    serving = cluster.ready(OLD)
    cluster.deployment.scale(4)
    cluster.wait_for(lambda: len(cluster.pods) == 4, "a pod more")
    cluster.watch(STUCK, lambda: cluster.ready(OLD) == serving, "those that served do so still, the new one does not")


def test_without_its_policy_a_failed_upgrade_is_run_again(service):
    service.build(LATER, later=ONE_ORDER_EACH)
    cluster = service.install()
    service.execute(DUPLICATES)
    job = cluster.apply(LATER, parts=("upgrade-job",), Job=set_spec(podFailurePolicy={}, backoffLimit=1))
    assert job.join() == "failed"
    assert job.exit_codes == [10, 10]
    assert service.runs() == ["succeeded", "failed", "failed"]


def test_without_its_policy_a_drained_upgrade_counts_as_failed(service):
    service.build(LATER, later="SELECT pg_sleep(4)")
    cluster = service.install()
    job = cluster.apply(LATER, parts=("upgrade-job",), Job=set_spec(podFailurePolicy={}, backoffLimit=0))
    cluster.wait_for(lambda: service.runs()[-1] is None, "a run")
    job.evict()
    assert job.join() == "failed"
    assert job.reason == "BackoffLimitExceeded"


def test_without_the_budget_a_drain_takes_out_a_whole_node_at_once(service):
    cluster = service.install(PodDisruptionBudget=set_spec(maxUnavailable=3))
    cluster.nodes["node-3"] = True
    assert min(cluster.drain(node) for node in ("node-1", "node-2")) < 2
