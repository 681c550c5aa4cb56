"""`application/jsonlines` to rows and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from byoml.codecs.jsonlines import JsonLinesCodec
from byoml.request_errors import MalformedPayload, NotAcceptable
from byoml.testing.contract.codec import CodecContract
from hypothesis import strategies as st

_CODEC = JsonLinesCodec()
_ARRAYS = {
    "one row": ("[1, 2]", "int64", [[1, 2]]),
    "rows": ("[1, 2]\n[3, 4]\n", "int64", [[1, 2], [3, 4]]),
    "crlf": ("[1, 2]\r\n[3, 4]\r\n", "int64", [[1, 2], [3, 4]]),
    "one column": ("[1]\n[2]", "int64", [[1], [2]]),
    "bare values": ("1\n2.5\n", "float64", [[1.0], [2.5]]),
    "one bare value": ("5", "int64", [[5]]),
    "texts": ('"é"\n"a, b"\n', "<U4", [["é"], ["a, b"]]),
    "line separators in a text": ('"a\u2028b\u0085c"\n"d"', "<U5", [["a\u2028b\u0085c"], ["d"]]),
    "three dimensions": ("[[1], [2]]\n[[3], [4]]", "int64", [[[1], [2]], [[3], [4]]]),
    "blank lines at the end": ("[1]\n\n \n", "int64", [[1]]),
}


@pytest.mark.parametrize(("body", "dtype", "values"), _ARRAYS.values(), ids=_ARRAYS)
def test_a_line_is_a_row(body: str, dtype: str, values: list[Any]) -> None:
    """Also a line of one value, so that there are as many rows as lines."""
    array = _CODEC.decode(body.encode(), {})
    assert (array.dtype, array.tolist()) == (np.dtype(dtype), values)


def test_not_a_number_is_read_as_a_number() -> None:
    """Senders write NaN, though it is no JSON."""
    assert np.array_equal(_CODEC.decode(b"[1, NaN]\n", {}), [[1.0, math.nan]], equal_nan=True)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ('{"features": [1, 2]}\n{"features": [3, 4]}\n', [{"features": [1, 2]}, {"features": [3, 4]}]),
        ("[1]\n[2, 3]", [[1], [2, 3]]),
        ('[1, "a"]', [[1, "a"]]),
        ("null\n1", [None, 1]),
    ],
)
def test_lines_that_make_no_table_are_a_list(body: str, values: list[Any]) -> None:
    """With what each of them says."""
    assert _CODEC.decode(body.encode(), {}) == values


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "there is no line"),
        (b"\n \n", "there is no line"),
        (b"[1]\n\n[2]", "row 2: the line is blank"),
        (b"[1]\n[2,\n", "row 2, column"),
        (b"[1]\n[2] [3]\n", "row 2, column 5: Extra data"),
        (b"1\n" + b"9" * 5000, "row 2: an integer has too many digits"),
        (b"1\n" + b"[" * 5000, "row 2: .*nested too deeply"),
        (b"1\n\xff", "utf-8"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(body: bytes, words: str) -> None:
    """By its row, and its column where there is one."""
    with pytest.raises(MalformedPayload, match=f"^the body is not valid application/jsonlines.*{words}"):
        _CODEC.decode(body, {})


def test_the_charset_is_honoured() -> None:
    """As for JSON."""
    assert _CODEC.decode('"é"'.encode("latin-1"), {"charset": "latin-1"}).tolist() == [["é"]]


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ([{"score": np.float32(0.5)}, {"score": math.nan}], b'{"score": 0.5}\n{"score": null}\n'),
        (np.array([[1, 2], [3, 4]]), b"[1, 2]\n[3, 4]\n"),
        (np.array([0.5, 1.0]), b"0.5\n1.0\n"),
        (np.array(3), b"3\n"),
        (np.float64(0.5), b"0.5\n"),
        ({"predictions": [1, 2]}, b'{"predictions": [1, 2]}\n'),
        ("a\nb", b'"a\\nb"\n'),
        (None, b"null\n"),
        ((1, "a"), b'1\n"a"\n'),
        ([], b""),
    ],
)
def test_each_item_of_a_prediction_is_a_line(value: object, body: bytes) -> None:
    """One line a record, ended by LF, which batch transform joins by position."""
    assert _CODEC.encode(value) == body


def test_what_json_cannot_hold_is_named() -> None:
    """With the type that was asked for."""
    with pytest.raises(NotAcceptable, match=r"'application/jsonlines'.*a set"):
        _CODEC.encode([1, {2}])


class TestCodecContract(CodecContract):
    """Lines of anything that JSON has."""

    codec = _CODEC
    values = st.lists(
        st.dictionaries(st.text(), st.integers(-(2**62), 2**62) | st.text(), min_size=1), min_size=1, max_size=5
    )
    broken = (b"", b"\n", b"[1", b"1\n\n2", b"\xff")
