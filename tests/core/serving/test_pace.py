"""When predictions are quick enough for the event loop."""

from __future__ import annotations

from byoml.serving.pace import Pace

_QUICK, _SLOW = 0.0005, 0.03


def _proven(pace: Pace, limit: int = 1000) -> int:
    """Count the quick batches in a thread that the loop is allowed after."""
    for number in range(1, limit):
        pace.in_thread(1, _QUICK, _QUICK)
        if pace.quick:
            return number
    return limit


def test_some_quick_batches_in_a_row_are_the_proof() -> None:
    """One is luck; a slow one among the first makes the count begin again."""
    pace = Pace(possible=True)
    for _ in range(3):
        pace.in_thread(1, _QUICK, _QUICK)
    pace.in_thread(1, _SLOW, _SLOW)
    assert not pace.quick
    assert _proven(pace) == 4


def test_waiting_for_the_interpreter_counts_little_and_waiting_for_long_counts() -> None:
    """Under load a thread waits for the loop; but a model that waits for something else itself is not quick."""
    contended, waiting = Pace(possible=True), Pace(possible=True)
    for _ in range(10):
        contended.in_thread(64, 0.04, 0.004)
        waiting.in_thread(1, 0.2, _QUICK)
    assert contended.quick
    assert not waiting.quick


def test_slow_batches_in_a_row_take_it_back() -> None:
    """One or two may have waited for a core; a large batch may take longer than a small one."""
    pace = Pace(possible=True)
    _proven(pace)
    for number, seconds in ((1, _SLOW), (1, _SLOW), (1, _QUICK), (64, _SLOW), (1, _SLOW), (1, _SLOW)):
        pace.on_loop(number, seconds)
        assert pace.quick
    pace.on_loop(1, _SLOW)
    assert not pace.quick


def test_one_that_takes_far_too_long_takes_it_back_at_once() -> None:
    """Two more of that kind would hold up pings for too long."""
    pace = Pace(possible=True)
    _proven(pace)
    pace.on_loop(1, 0.15)
    assert not pace.quick


def test_each_time_it_needs_more_proof() -> None:
    """A model that is quick now and then does not go to and fro."""
    pace = Pace(possible=True)
    proofs = []
    for _ in range(8):
        proofs.append(_proven(pace))
        pace.on_loop(1, 0.15)
    assert proofs == [4, 8, 16, 32, 64, 128, 256, 256]


def test_what_may_not_run_on_the_loop_is_never_quick() -> None:
    """However quick it is."""
    assert _proven(Pace(possible=False), limit=50) == 50
