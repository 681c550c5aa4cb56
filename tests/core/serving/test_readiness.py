"""Who says that the server can predict."""

from __future__ import annotations

import os

from byoml.serving.readiness import Readiness


def test_the_server_is_ready_once_every_worker_is() -> None:
    """One ready worker of two is not enough at the start: traffic would meet the other."""
    readiness = Readiness(2)
    first, second = readiness.claim(1), readiness.claim(2)
    readiness.mark(first)
    assert not readiness.ready
    readiness.mark(second)
    assert readiness.ready


def test_a_worker_that_is_replaced_does_not_end_the_readiness() -> None:
    """The others serve while the new one loads."""
    readiness = Readiness(2)
    for worker in (1, 2):
        readiness.mark(readiness.claim(worker))
    readiness.release(1)
    assert readiness.ready
    assert readiness.claim(3) == 0
    assert readiness.ready


def test_one_worker_alone_tells_that_the_server_is_ready() -> None:
    """So that the log says it once, and again only after it was not so (contract/inference H-16)."""
    readiness = Readiness(2)
    slots = [readiness.claim(worker) for worker in (1, 2)]
    assert [readiness.mark(slot) for slot in slots] == [False, True]
    assert readiness.release(1) == 0
    assert not readiness.mark(readiness.claim(3))
    for worker in (2, 3):
        readiness.release(worker)
    assert not readiness.ready
    assert readiness.mark(readiness.claim(4))


def test_no_worker_with_a_model_is_not_ready() -> None:
    """When all have died, /ping must say so."""
    readiness = Readiness(1)
    readiness.mark(readiness.claim(1))
    readiness.release(1)
    assert readiness.began
    assert not readiness.ready


def test_a_child_s_mark_is_seen_by_its_parent() -> None:
    """The memory is shared over the fork, which is what it is for."""
    readiness = Readiness(1)
    slot = readiness.claim(1)
    pid = os.fork()
    if pid == 0:
        readiness.mark(slot)
        os._exit(0)
    os.waitpid(pid, 0)
    assert readiness.ready


def test_fewer_workers_than_at_first_are_enough_once_that_is_said() -> None:
    """As where memory holds no more; the one that says it tells that the server is ready."""
    readiness = Readiness(3)
    slots = [readiness.claim(worker) for worker in (1, 2)]
    assert not readiness.mark(slots[0])
    assert (readiness.loaded, readiness.has_loaded(1), readiness.has_loaded(2)) == (1, True, False)
    assert not readiness.expect(2)
    assert readiness.mark(slots[1])
    assert not readiness.expect(2)
    assert readiness.ready
