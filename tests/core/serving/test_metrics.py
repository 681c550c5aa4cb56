"""What workers count in shared memory."""

from __future__ import annotations

import os

import pytest
from byoml.request_errors import RequestError
from byoml.serving.metrics import OTHER, PHASES, Metrics


def _in_a_child(work: object) -> None:
    """Run a function in a forked process, as a worker would."""
    pid = os.fork()
    if not pid:
        try:
            work()  # type: ignore[operator]
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_what_two_processes_count_is_added_up() -> None:
    """Each writes its own row; any process reads the sums."""
    metrics = Metrics(2)

    def work(slot: int, requests: int) -> None:
        meter = metrics.meter(slot)
        for _ in range(requests):
            meter.begin()
            meter.end(200, 0.002, predicted=True)

    for slot, requests in ((0, 3), (1, 4)):
        metrics.claim(slot)
        _in_a_child(lambda slot=slot, requests=requests: work(slot, requests))

    snapshot = metrics.read()
    assert snapshot.requests == {200: 7}
    assert snapshot.seconds.count == 7
    assert snapshot.seconds.total == pytest.approx(0.014)


def test_a_replaced_worker_goes_on_counting_where_the_dead_one_ended() -> None:
    """Or Prometheus would see a counter go backwards; what the dead one was doing is forgotten."""
    metrics = Metrics(1)
    metrics.claim(0)
    first = metrics.meter(0)
    first.begin()
    first.end(200, 0.1, predicted=True)
    first.begin()
    first.sample(queued=1)
    first.loaded(2.5)
    assert metrics.read().workers[0].in_flight == 1

    metrics.release(0)
    (dead,) = metrics.read().workers
    metrics.claim(0)
    second = metrics.meter(0)
    second.begin()
    second.end(500, 0.1, predicted=True)

    snapshot = metrics.read()
    assert (dead.pid, dead.in_flight, dead.queued, dead.load_seconds) == (0, 0, 0, 0)
    assert snapshot.requests == {200: 1, 500: 1}
    assert snapshot.workers[0].pid == os.getpid()
    assert snapshot.restarts == 1


def test_the_first_workers_are_no_restarts() -> None:
    """A restart is a worker beyond those that were asked for."""
    metrics = Metrics(3)
    for slot in range(3):
        metrics.claim(slot)
    assert metrics.read().restarts == 0


def test_errors_are_counted_by_the_type_that_the_client_reads() -> None:
    """A type that only a user's class has is counted too, under one name: scripts cannot make series without end."""
    metrics = Metrics(1)
    meter = metrics.meter(0)
    for name in ("MalformedPayload", "UserCodeError", "MalformedPayload", "SomebodysOwn", "AndAnother"):
        meter.fail(name)
    assert metrics.read().errors == {"MalformedPayload": 2, "UserCodeError": 1, OTHER: 2}


def test_every_type_of_error_of_ours_has_a_cell_of_its_own() -> None:
    """Also those that other modules of ours derive."""
    metrics = Metrics(1)
    meter = metrics.meter(0)
    types = {kind.type for kind in RequestError.__subclasses__() if kind.__module__.startswith("byoml.")}
    for name in types:
        meter.fail(name)
    assert metrics.read().errors == dict.fromkeys(types, 1)


def test_requests_of_one_batch_share_its_phases_and_have_their_own_wait() -> None:
    """So that the phases of a request add up to what it saw."""
    metrics = Metrics(1)
    metrics.meter(0).batch((0.02, 0.03, 0.04), 0.001, 0.2, 0.003)

    snapshot = metrics.read()
    assert tuple(snapshot.phases) == PHASES
    assert {phase: histogram.count for phase, histogram in snapshot.phases.items()} == dict.fromkeys(PHASES, 3)
    assert [snapshot.phases[phase].total for phase in PHASES] == pytest.approx([0.09, 0.003, 0.6, 0.009])
    assert (snapshot.batches.count, snapshot.batches.total) == (1, 3)


@pytest.mark.parametrize(("seconds", "bound"), [(0.0, 0.0001), (0.0001, 0.0001), (0.00011, 0.00015), (3600.0, 3600.0)])
def test_a_value_falls_into_the_first_bucket_that_is_not_below_it(seconds: float, bound: float) -> None:
    """Prometheus' bounds are inclusive."""
    metrics = Metrics(1)
    meter = metrics.meter(0)
    meter.begin()
    meter.end(200, seconds, predicted=True)

    histogram = metrics.read().seconds
    assert histogram.bounds[histogram.counts.index(1)] == bound


def test_a_value_beyond_all_bounds_is_counted_in_the_last_bucket() -> None:
    """Nothing is lost, and no other cell is written."""
    metrics = Metrics(1)
    meter = metrics.meter(0)
    meter.begin()
    meter.end(200, 9999.0, predicted=True)
    meter.batch((9999.0,) * 300, 9999.0, 9999.0, 9999.0)

    snapshot = metrics.read()
    for histogram in (snapshot.seconds, snapshot.batches, *snapshot.phases.values()):
        assert histogram.counts[-1] == histogram.count > 0
    assert snapshot.requests == {200: 1}
    assert snapshot.errors == {}


def test_a_request_that_predicts_nothing_has_no_part_in_the_latency() -> None:
    """A 404 in 50 microseconds would make the model look fast."""
    metrics = Metrics(1)
    meter = metrics.meter(0)
    meter.begin()
    meter.end(404, 0.00005, predicted=False)
    assert metrics.read().requests == {404: 1}
    assert metrics.read().seconds.count == 0
