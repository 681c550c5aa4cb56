"""`text/libsvm` to rows of float32 (contract/inference C-8)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from byoml.codecs.libsvm import LibsvmCodec, read_libsvm
from byoml.request_errors import MalformedPayload
from byoml.testing.contract.codec import CodecContract
from hypothesis import given
from hypothesis import strategies as st

_CODEC = LibsvmCodec()
_NAN = math.nan
_READ: dict[str, tuple[str, dict[str, str], list[list[float]]]] = {
    "label and pairs": ("1 0:1.5 2:3\n0 1:5\n", {}, [[1.5, _NAN, 3], [_NAN, 5, _NAN]]),
    "no label": ("0:1 1:2\n1:4", {}, [[1, 2], [_NAN, 4]]),
    "from one": ("1 1:1 3:3\n", {"indexing": "1"}, [[1, _NAN, 3]]),
    "from nought though one is the smallest": ("1 1:1\n", {}, [[_NAN, 1]]),
    "qid": ("1 qid:7 0:2\n", {}, [[2]]),
    "comment": ("1 0:2 # 5:5\n", {}, [[2]]),
    "label and weight": ("1:0.5 0:1 1:2\n0:2 1:3", {"label_size": "1"}, [[1, 2], [_NAN, 3]]),
    "never a label": ("1:0.5 0:1", {"label_size": "0"}, [[1, 0.5]]),
    "label alone at the end": ("1 0:2\n0\n", {}, [[2], [_NAN]]),
    "blank rows": ("\n1 0:2\n\n", {}, [[_NAN], [2], [_NAN]]),
    "width": ("1 0:2\n", {"width": "3"}, [[2, _NAN, _NAN]]),
    "nothing but width": ("1\n0\n", {"width": "2"}, [[_NAN, _NAN]] * 2),
    "absent is nought": ("1 1:2\n0\n", {"absent": "0"}, [[0, 2], [0, 0]]),
    "any order": ("1 2:2 0:1", {}, [[1, _NAN, 2]]),
    "explicit values": ("1 0:nan 1:inf 2:-0.0 3:1e400", {}, [[_NAN, math.inf, 0, math.inf]]),
    "crlf": ("1 0:2\r\n0 0:3\r\n", {}, [[2], [3]]),
}


@pytest.mark.parametrize(("text", "parameters", "rows"), _READ.values(), ids=_READ)
def test_each_line_is_a_row(text: str, parameters: dict[str, str], rows: list[list[float]]) -> None:
    """Whatever stands in it, and whatever the other lines hold; what it does not say is absent."""
    table = _CODEC.decode(text.encode(), parameters)
    assert table.dtype == np.float32
    np.testing.assert_array_equal(table, rows)


@pytest.mark.parametrize(
    ("text", "parameters", "words"),
    [
        ("", {}, "there is no row"),
        ("1\n0\n", {}, "no row has a feature; the parameter width"),
        ("1 0:1\n1 x:1\n", {}, "row 2, column 2: 'x:1' is not index:value"),
        ("1 0:1 5\n", {}, "row 1, column 3: '5' is not"),
        ("1 0:\n", {}, "row 1, column 2"),
        ("1 1_0:1\n", {}, "row 1, column 2"),
        ("1 ٣:1\n", {}, "row 1, column 2"),
        ("1 1.5:1\n", {}, "row 1, column 2"),
        ("1 -1:1\n", {}, "row 1, column 2: index -1 is below 0"),
        ("1 0:1\n", {"indexing": "1"}, "row 1, column 2: index 0 is below 1"),
        ("1:0.5 1:1\n", {}, "row 1: an index comes twice; label_size=1"),
        ("1 0:1\n1 3:1\n", {"width": "3"}, "row 2: index 3 is beyond a width of 3"),
        ("1 3:1\n", {"width": "2", "indexing": "1"}, "row 1: index 3 is beyond a width of 2"),
        ("1 999999999999:1\n", {}, "more than 134217728 cells"),
        ("1 0:1\n", {"width": "999999999999999999999999"}, "more than 134217728 cells"),
        (f"1 {'9' * 5000}:1\n", {}, "row 1, column 2"),
        ("1 0:1", {"indexing": "auto"}, "the parameter indexing of the content type is 'auto'; it must be 0 or 1"),
        ("1 0:1", {"absent": "none"}, "absent .*nan or 0"),
        ("1 0:1", {"label_size": "2"}, "label_size .*0 or 1"),
        ("1 0:1", {"width": "0"}, "width .*a whole number from 1"),
        ("1 0:1", {"width": "-3"}, "width .*a whole number from 1"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, parameters: dict[str, str], words: str) -> None:
    """By row and item; a parameter by its name. No index makes us reserve what no request needs."""
    with pytest.raises(MalformedPayload, match=words):
        _CODEC.decode(text.encode(), parameters)


def test_a_row_reads_the_same_beside_any_other() -> None:
    """AWS's reader shifts all indices where the smallest of the request is 1."""
    alone = _CODEC.decode(b"1 1:5 2:6\n", {})
    beside = _CODEC.decode(b"1 0:1\n1 1:5 2:6\n", {})
    np.testing.assert_array_equal(alone[0], beside[1])


_ROWS = st.lists(st.dictionaries(st.integers(0, 20), st.floats(width=32, allow_nan=False)), min_size=1, max_size=6)


@given(_ROWS, st.sampled_from([0, 1]), st.booleans())
def test_what_is_written_by_hand_is_read(rows: list[dict[int, float]], first: int, label: bool) -> None:  # noqa: FBT001  drawn
    """Any rows, of both ways to count, with and without labels."""
    lines = ["".join(f" {key + first}:{value!r}" for key, value in row.items()) for row in rows]
    text = "".join(f"{'1' if label else ''}{line}\n" for line in lines)
    table = read_libsvm(text, width=21, first_index=first)
    wanted: list[list[Any]] = [[row.get(column, _NAN) for column in range(21)] for row in rows]
    np.testing.assert_array_equal(table, np.array(wanted, np.float32))


class TestCodecContract(CodecContract):
    """It does not write."""

    codec = _CODEC
    values = st.nothing()
    broken = (b"", b"1", b"1 a", b"\xff", b"1 1:x")
