"""From the old image to the new one and back, by the manifests of examples/kubernetes, with clients that note each answer."""
import time

from changes import gate_the_start
from conftest import NEW, OLD

STUCK = 7 # seconds: longer than period times threshold of the readiness probe


def assert_no_restarts(cluster):
    assert [pod.name for pod in cluster.deployment.pods if pod.restarts] == []


def test_one_apply_of_everything_before_there_is_a_server(service, postgres):
    cluster = service.cluster
    postgres.stop()
    try:
        job = cluster.apply(OLD)
        cluster.wait_for(lambda: len(cluster.pods) == 3 and all(pod.started_main for pod in cluster.pods), "three pods that run")
        cluster.watch(STUCK, lambda: not any(pod.is_ready for pod in cluster.pods), "no pod is ready")
    finally:
        postgres.start()
    time.sleep(1) # a server without the database
    service.create_database()
    assert job.join() == "complete"
    cluster.wait_until_complete(OLD)
    assert job.exit_codes == [0]
    assert_no_restarts(cluster)


def test_upgrade_rollout_eviction_scale_out_and_rollback_without_an_error(service):
    cluster = service.install()
    began = time.monotonic()

    cluster.apply(NEW, parts=("deployment",)) # before its upgrade: the gate holds
    cluster.wait_for(lambda: any(pod.image == NEW and pod.started_main for pod in cluster.pods), "a new pod")
    cluster.watch(STUCK, lambda: len(cluster.ready(OLD)) == 3 and not cluster.ready(NEW), "three old pods serve, no new one")
    new = next(pod for pod in cluster.pods if pod.image == NEW)
    assert "2 migrations missing" in new.log("schemalatch")
    assert cluster.clients.images(began) == {OLD}

    cluster.deployment.is_paused = True
    job = cluster.apply(NEW, parts=("upgrade-job",))
    assert job.join() == "complete"
    cluster.wait_for(lambda: cluster.ready(NEW), "a new pod that is ready")
    cluster.watch(STUCK, lambda: len(cluster.ready(OLD)) == 3, "old pods serve on the newer schema")
    cluster.evict(cluster.ready(OLD)[0])
    cluster.wait_for(lambda: len(cluster.ready(OLD)) == 3, "an old pod that begins on the newer schema")
    assert cluster.clients.images(began) == {OLD, NEW}
    cluster.deployment.is_paused = False
    cluster.wait_until_complete(NEW)

    job.delete() # its time to live is over
    cluster.deployment.scale(5)
    cluster.wait_until_complete(NEW)
    assert len(cluster.ready(NEW)) == 5

    cluster.deployment.undo()
    cluster.wait_until_complete(OLD)
    assert cluster.clients.errors(began) == []
    assert service.runs() == ["succeeded", "succeeded"]
    assert_no_restarts(cluster)


def test_the_startup_gate_holds_back_the_application_itself(service):
    cluster = service.install()
    began = time.monotonic()
    cluster.apply(NEW, parts=("deployment",), Deployment=gate_the_start)
    new = cluster.wait_for(lambda: [pod for pod in cluster.pods if pod.image == NEW], "a new pod")[0]
    cluster.watch(STUCK, lambda: not new.started_main, "the new application has not started")
    assert cluster.apply(NEW, parts=("upgrade-job",)).join() == "complete"
    cluster.wait_until_complete(NEW)
    assert cluster.clients.errors(began) == []
    assert_no_restarts(cluster)


def test_a_worker_waits_in_its_init_container(service):
    service.create_database()
    cluster = service.cluster
    cluster.apply(NEW, parts=("worker",))
    cluster.wait_for(lambda: len(cluster.pods) == 2, "two workers")
    cluster.watch(STUCK, lambda: not any(pod.started_main for pod in cluster.pods), "no worker has started")
    assert cluster.apply(NEW, parts=("upgrade-job",)).join() == "complete"
    cluster.wait_until_complete(NEW)
    assert_no_restarts(cluster)


def test_a_pod_that_leaves_answers_until_its_application_has_ended(service):
    cluster = service.install()
    pod = cluster.pods[0]
    cluster.evict(pod)
    pod.join()
    assert pod.exit_codes == {"orders": 0, "schemalatch": 0}
