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


class _Tensor:
    """What a library of tensors shows of itself: its memory, over DLPack."""

    def __init__(self, array: np.ndarray, device: int = 1) -> None:
        self._array = array
        self._device = device

    def __dlpack__(self, **asked: object) -> object:
        if self._device != 1:
            raise BufferError("this memory is a GPU's")
        return self._array.__dlpack__(**asked)  # type: ignore[arg-type]

    def __dlpack_device__(self) -> tuple[int, int]:
        return (self._device, 0)


def test_tensors_are_joined_as_arrays() -> None:
    """Whatever library they are of, as long as numpy sees their memory."""
    whole = joined([_Tensor(np.zeros((1, 3))), _Tensor(np.ones((2, 3)))])
    assert whole is not None
    assert whole.tolist() == [[0, 0, 0], [1, 1, 1], [1, 1, 1]]


def test_tensors_of_other_devices_are_not_joined() -> None:
    """Their requests are predicted one by one."""
    assert joined([_Tensor(np.zeros((1, 3))), _Tensor(np.zeros((1, 3)), device=2)]) is None


def test_several_outputs_are_not_taken_for_rows() -> None:
    """Two outputs for two requests would otherwise give each request one output of both."""
    with pytest.raises(ValueError, match="2"):
        split((np.zeros((2, 3)), np.zeros((2, 4))), [1, 1])


def test_another_number_of_predictions_than_rows_is_refused() -> None:
    """Answers would otherwise reach the wrong requests."""
    with pytest.raises(ValueError, match="3"):
        split([1, 2, 3], [1, 1])
