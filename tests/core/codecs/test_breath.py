"""Long work that takes breath lets other threads have the interpreter."""

from __future__ import annotations

import threading
from time import perf_counter, sleep

import numpy as np
from byoml.codecs.breath import Breath

_WORK_SECONDS = 0.5


def test_another_thread_gets_the_interpreter_beside_work_that_lets_go_of_it_for_moments() -> None:
    """Without a breath such a thread may get it once in all that time; with it, every few milliseconds."""
    stopped = threading.Event()
    turns = 0

    def wait_for_turns() -> None:
        nonlocal turns
        while not stopped.is_set():
            sleep(0.001)
            turns += 1

    other = threading.Thread(target=wait_for_turns)
    other.start()
    breath = Breath()
    rows = [[float(number)] * 20 for number in range(100)]
    end = perf_counter() + _WORK_SECONDS
    while perf_counter() < end:
        breath.take()
        np.asarray(rows).copy()
    stopped.set()
    other.join()
    assert turns > 10


def test_short_work_is_not_held_up() -> None:
    """A thousand steps that take no time are no reason to stop."""
    breath = Breath()
    begun = perf_counter()
    for _ in range(1000):
        breath.take()
    assert perf_counter() - begun < 0.1  # a stop at each would be 0.1 s at the very least
