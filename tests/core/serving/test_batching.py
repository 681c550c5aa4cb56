"""Rows of several requests as one array."""

from __future__ import annotations

import numpy as np
import pytest
from byoml.serving.batching import joined, split
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_what_is_joined_splits_into_the_same_parts(lengths: list[int]) -> None:
    """A model that gives back its rows gives each request its own."""
    parts = [np.full((length, 3), index) for index, length in enumerate(lengths)]
    whole = joined(parts)
    assert whole is not None
    for part, back in zip(parts, split(whole, lengths), strict=True):
        assert np.array_equal(part, back)


@pytest.mark.parametrize(
    "parts",
    [
        [np.zeros((1, 3)), np.zeros((1, 4))],
        [np.zeros((1, 3)), np.zeros(3)],
        [np.zeros((1, 3)), np.array([["a", "b", "c"]])],
        [[1, 2], [3, 4]],
        [np.array(1), np.array(2)],
    ],
    ids=["widths", "dimensions", "kinds", "lists", "scalars"],
)
def test_what_does_not_belong_together_is_not_joined(parts: list[object]) -> None:
    """Such requests are predicted one by one."""
    assert joined(parts) is None


def test_another_number_of_predictions_than_rows_is_refused() -> None:
    """Answers would otherwise reach the wrong requests."""
    with pytest.raises(ValueError, match="3"):
        split([1, 2, 3], [1, 1])
