"""How many workers there are to be."""

from __future__ import annotations

import pytest
from byoml.serving.crew import Crew, fitting


@pytest.mark.parametrize(
    ("free", "taken", "more"), [(1000, 300, 3), (1000, 1001, 0), (-5, 100, 0), (1000, 0, 1000), (1000, -7, 1000)]
)
def test_as_many_fit_as_the_free_memory_holds(free: int, taken: int, more: int) -> None:
    """Whatever is measured, and never fewer than none."""
    assert fitting(free, taken) == more


def test_the_first_loads_alone_until_it_has_been_measured() -> None:
    """The others wait for that; then as many are due as fit."""
    crew = Crew(8, first_alone=True)
    assert crew.number(0, 0, now=0) == 1
    crew.settle(3)
    assert crew.number(1, 1, now=0) == 3


@pytest.mark.parametrize(("fit", "due"), [(0, 1), (5, 4)])
def test_at_least_one_worker_and_never_more_than_were_wanted(fit: int, due: int) -> None:
    """Whatever memory holds."""
    crew = Crew(4, first_alone=True)
    crew.settle(fit)
    assert crew.number(1, 1, now=0) == due


def test_one_that_dies_now_and_then_is_replaced_at_once() -> None:
    """Deaths of another minute count nothing."""
    crew = Crew(2)
    for moment in range(0, 1000, 40):
        assert crew.died(moment, loaded=True, left=1)
        assert crew.number(1, 1, now=moment) == 2


def test_where_one_after_another_dies_new_ones_wait_longer_each_time() -> None:
    """No crash loop at full speed, and no end of trying."""
    crew = Crew(2)
    now, waits = 0.0, []
    for _ in range(9):
        crew.died(now, loaded=True, left=1)
        start = now
        while crew.number(1, 1, now) < 2:
            now += 0.5
        waits.append(now - start)
    assert waits[:7] == [0, 0, 1, 2, 4, 8, 16]
    assert max(waits) <= 30


def test_after_a_death_while_loading_one_at_a_time_loads() -> None:
    """Together they had taken too much; those that have their model stay."""
    crew = Crew(4)
    assert crew.died(0, loaded=False, left=2)
    assert crew.number(3, 2, now=0) == 2


def test_a_model_that_has_never_fitted_is_given_up() -> None:
    """After three tries."""
    crew = Crew(1)
    assert [crew.died(moment, loaded=False, left=0) for moment in (0, 1, 2)] == [True, True, False]


def test_where_some_have_their_model_the_others_are_given_up() -> None:
    """The server goes on with those."""
    crew = Crew(3)
    assert all(crew.died(moment, loaded=False, left=2) for moment in (0, 1, 2))
    assert crew.number(2, 2, now=100) == 2
