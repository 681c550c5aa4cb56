"""The JSON shapes of AWS's algorithms to rows (contract/inference C-11 and C-12)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from byoml.codecs.instances import instances, row_of, rows_of
from byoml.codecs.json import JsonCodec
from byoml.codecs.jsonlines import JsonLinesCodec
from byoml.request_errors import MalformedPayload


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"instances": [1]}, [1]),
        ({"signature_name": "x", "inputs": {"a": [1]}}, {"a": [1]}),
        ({"examples": [2]}, [2]),
        ({"features": [1]}, {"features": [1]}),
        ([1, 2], [1, 2]),
    ],
)
def test_the_payload_is_taken_out_of_its_envelope(value: object, found: object) -> None:
    """Whichever key it has; what has none is as it is."""
    assert instances(value) == found


_DENSE = {"data": {"features": {"values": [1, 2.5]}}}
_SPARSE = {"data": {"features": {"values": [7, 8], "keys": [0, 2], "shape": [4]}}}


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ('{"instances": [{"features": [1, 2]}, {"features": [3, 4]}]}', [[1, 2], [3, 4]]),
        ('{"instances": [{"data": {"features": {"values": [1, 2]}}}]}', [[1, 2]]),
        ('{"instances": [[1, 2], [3, 4]]}', [[1, 2], [3, 4]]),
        ('{"features": [1, 2]}', [[1, 2]]),
        ("[[1, 2]]", [[1, 2]]),
    ],
)
def test_json_of_every_shape_makes_rows(body: str, rows: list[list[int]]) -> None:
    """Objects and lists, in an envelope or not."""
    assert np.asarray(rows_of(JsonCodec().decode(body.encode(), {}))).tolist() == rows


def test_json_lines_make_rows() -> None:
    """One instance a line."""
    value = JsonLinesCodec().decode(b'{"features": [1, 2]}\n{"data": {"features": {"values": [3, 4]}}}\n', {})
    assert rows_of(value) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("instance", "row"),
    [
        (_DENSE, [1, 2.5]),
        (_SPARSE, [7, math.nan, 8, math.nan]),
        ({"features": {"values": [5], "keys": [1]}}, [math.nan, 5]),
        ({"features": {"values": [], "keys": [], "shape": [2]}}, [math.nan, math.nan]),
        ([1, 2], [1, 2]),
    ],
)
def test_one_instance_is_one_row(instance: Any, row: list[float]) -> None:
    """Sparse features have NaN where nothing is said."""
    np.testing.assert_array_equal(row_of(instance), row)


@pytest.mark.parametrize(
    "instance",
    [
        {"a": 1},
        {},
        {"features": 5},
        {"data": [1]},
        {"features": {"values": 1}},
        {"features": {"values": [1, 2], "keys": [1]}},
        {"features": {"values": [1], "keys": [5], "shape": [2]}},
        {"features": {"values": [1], "keys": [-1], "shape": [2]}},
        {"features": {"values": [1], "keys": [0.5]}},
        {"features": {"values": ["x"], "keys": [0]}},
        {"features": {"values": [1], "keys": [10**12]}},
        {"features": {"values": [1], "keys": [0], "shape": "x"}},
        {"features": {"values": [1], "keys": [0], "shape": {"a": 1}}},
        {"features": {"values": [1], "keys": [10**30]}},
    ],
)
def test_what_is_no_instance_is_named_by_its_row(instance: object) -> None:
    """And no width is reserved because a body claims it."""
    with pytest.raises(MalformedPayload, match="application/json at row 2"):
        rows_of({"instances": [{"features": [1]}, instance]})


def test_sparse_instances_that_say_no_shape_are_as_wide_as_is_told() -> None:
    """Rows of one model are of one width, whatever each says of itself."""
    first, second = ({"features": {"values": [1], "keys": [key]}} for key in (0, 2))

    assert np.shape(rows_of([first, second], width=4)) == (2, 4)
    assert [len(row) for row in rows_of([first, second])] == [1, 3]
