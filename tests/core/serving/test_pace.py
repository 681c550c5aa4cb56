"""When predictions are quick enough for the event loop."""

from __future__ import annotations

from byoml.serving.pace import Pace


def test_some_quick_batches_in_a_row_are_the_proof() -> None:
    """One is luck; a slow one among the first makes the count begin again."""
    pace = Pace(possible=True)
    seen = []
    for seconds in (0.0001, 0.0001, 0.1, 0.0001, 0.0001, 0.0001, 0.0001):
        pace.saw(seconds)
        seen.append(pace.quick)
    assert seen == [False] * 6 + [True]


def test_a_slow_batch_takes_it_back() -> None:
    """What is just a little slower than at first is let pass, so that it does not go to and fro."""
    pace = Pace(possible=True)
    for seconds in (0.0001,) * 4:
        pace.saw(seconds)
    pace.saw(0.005)
    assert pace.quick
    pace.saw(0.05)
    assert not pace.quick


def test_what_may_not_run_on_the_loop_is_never_quick() -> None:
    """However quick it is."""
    pace = Pace(possible=False)
    for seconds in (0.0001,) * 10:
        pace.saw(seconds)
    assert not pace.quick
