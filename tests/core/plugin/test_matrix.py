"""Decoded bodies as tables of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from byoml.plugin.matrix import WrongFeatureCount, as_matrix, check_width
from byoml.request_errors import MalformedPayload


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (np.array([[1, 2]]), [[1, 2]]),
        ([[1, 2], [3, None]], [[1, 2], [3, np.nan]]),
        ([1, 2.5], [[1, 2.5]]),
        (np.array([["1", ""]]), [[1, np.nan]]),
        (np.array([True, False]), [[1, 0]]),
    ],
    ids=["array", "missing", "flat", "texts", "booleans"],
)
def test_numbers_become_rows_of_the_models_type(data: Any, expected: list[list[float]]) -> None:
    """Whatever a codec gave, the model gets two dimensions and one type; what is missing is NaN."""
    table = as_matrix(data, "application/json")

    assert table.dtype == np.float32
    np.testing.assert_array_equal(table, expected)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([["1", "abc"]], "row 1, column 2: 'abc' is not a number"),
        ([[1, 2], [3, {"a": 1}]], "row 2, column 2"),
        ([[1, 2], [3]], "different lengths"),
        ([], "shape"),
        (np.empty((0, 3)), "shape"),
        ({"instances": 1}, "found dict"),
        (np.zeros((1, 2, 3)), r"shape \(1, 2, 3\)"),
        (7, "shape"),
        (None, "shape"),
    ],
)
def test_what_is_no_table_of_numbers_is_the_clients_mistake(data: Any, says: str) -> None:
    """The error is a 400, names the content type and what was found."""
    with pytest.raises(MalformedPayload, match=says) as caught:
        as_matrix(data, "text/csv")

    assert "text/csv" in str(caught.value)
    assert caught.value.status == 400


def test_rows_of_another_width_are_refused_naming_both_numbers() -> None:
    """The answer is a 400 of the type that clients know, with what was expected and what came."""
    with pytest.raises(WrongFeatureCount, match=r"must have 30 features.*got 2") as caught:
        check_width(np.zeros((1, 2)), 30)

    assert (caught.value.status, caught.value.type) == (400, "MalformedPayload")


def test_rows_of_the_right_width_pass() -> None:
    """Nothing is raised for the width that the model has."""
    check_width(np.zeros((3, 2)), 2)
