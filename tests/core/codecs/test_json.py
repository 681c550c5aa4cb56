"""`application/json` to objects and back."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from byoml.codecs.json import JsonCodec
from byoml.request_errors import MalformedPayload, NotAcceptable
from hypothesis import given
from hypothesis import strategies as st

_CODEC = JsonCodec()
# Contract/inference C-21, and what else makes an array: body, dtype, values.
_ARRAYS = {
    "one row": ("[[1, 2]]", "int64", [[1, 2]]),
    "rows": ("[[1, 2], [3, 4]]", "int64", [[1, 2], [3, 4]]),
    "one column": ("[[1], [2]]", "int64", [[1], [2]]),
    "one cell": ("[[5]]", "int64", [[5]]),
    "a list": ("[42, 6, 9]", "int64", [42, 6, 9]),
    "floats": ("[1, 2.5]", "float64", [1.0, 2.5]),
    "infinity": ("[1, -Infinity]", "float64", [1.0, -math.inf]),
    "empty": ("[]", "float64", []),
    "empty rows": ("[[], []]", "float64", [[], []]),
    "unicode": ('["é", "\\u4e2d"]', "<U1", ["é", "中"]),
    "quoted comma": ('[["a, b", "c"]]', "<U4", [["a, b", "c"]]),
    "booleans": ("[true, false]", "bool", [True, False]),
    "beyond int64": ("[18446744073709551616]", "float64", [2.0**64]),
}
_PLAIN = [
    "3",
    '"text"',
    "null",
    "true",
    '{"a": [1, 2]}',
    "[[1, 2], [3]]",
    "[1, null]",
    "[1, true]",
    '[1, "a"]',
    '[{"a": 1}]',
]
_PLAIN += ["[" * 80 + "1" + "]" * 80, f"[1{'0' * 400}]"]


def _decode(text: str) -> Any:
    return _CODEC.decode(text.encode(), {})


@pytest.mark.parametrize(("body", "dtype", "values"), _ARRAYS.values(), ids=_ARRAYS)
def test_a_regular_list_of_one_kind_is_an_array(body: str, dtype: str, values: list[Any]) -> None:
    """Numbers, booleans or texts, of any number of dimensions."""
    array = _decode(body)
    assert isinstance(array, np.ndarray)
    assert (array.dtype, array.tolist()) == (np.dtype(dtype), values)


def test_not_a_number_is_read_as_a_number() -> None:
    """Senders write NaN, though it is no JSON."""
    array = _decode("[1, NaN]")
    assert array.dtype == np.float64
    assert np.isnan(array).tolist() == [False, True]


@pytest.mark.parametrize("body", _PLAIN, ids=lambda body: body[:16])
def test_everything_else_is_plain_python(body: str) -> None:
    """Objects, scalars, ragged and mixed lists are what `json.loads` says."""
    value = _decode(body)
    assert not isinstance(value, np.ndarray)
    assert value == json.loads(body)


def test_one_long_text_does_not_take_the_memory_of_all() -> None:
    """Texts of very different length stay Python's own, in an array all the same."""
    array = _decode(json.dumps(["x" * 200_000] + [""] * 1000))
    assert (array.dtype, array.shape, array[1000]) == (np.dtype(object), (1001,), "")


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b'["\xc3\xa9"]', None),
        (b'\xef\xbb\xbf["\xc3\xa9"]', None),
        (b'["\xe9"]', "latin-1"),
        ('["é"]'.encode("utf-16"), "UTF-16"),
    ],
)
def test_the_charset_is_honoured_and_a_byte_order_mark_dropped(body: bytes, charset: str | None) -> None:
    """UTF-8 where none is said."""
    assert _CODEC.decode(body, {"charset": charset} if charset else {}).tolist() == ["é"]


@pytest.mark.parametrize(
    ("body", "parameters", "words"),
    [
        (b"[1,\n 2", {}, "row 2, column 3"),
        (b"", {}, "row 1, column 1"),
        (b"1 2", {}, "Extra data"),
        (b"\xff", {}, "utf-8.*charset"),
        (b"1", {"charset": "klingon"}, "there is no charset 'klingon'"),
        (b"1", {"charset": "a\0b"}, "charset"),
        (b"1", {"charset": "hex"}, "hex"),
        (b"[" * 200_000, {}, "too deeply"),
        (b"[" * 101 + b"]" * 101, {}, "at most 100 levels"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, {}, "at most 100 levels"),
        (b"9" * 5000, {}, "too many digits"),
    ],
    ids=[
        "cut",
        "empty",
        "two",
        "encoding",
        "charset",
        "nul-charset",
        "no-text-charset",
        "depth",
        "lists",
        "objects",
        "digits",
    ],
)
def test_a_body_that_is_no_json_is_said_with_its_place(body: bytes, parameters: dict[str, str], words: str) -> None:
    """The client's fault, whatever is wrong."""
    with pytest.raises(MalformedPayload, match=words):
        _CODEC.decode(body, parameters)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.float64(0.5), "0.5"),
        (np.int64(3), "3"),
        ({"score": np.float32(0.5), "labels": (0, np.int64(1))}, '{"score": 0.5, "labels": [0, 1]}'),
        ([math.nan, {"x": np.array([math.inf, 1])}, -math.inf], '[null, {"x": [null, 1.0]}, null]'),
        ({np.int64(1): "a", None: True, 2.5: "é", math.nan: 0}, '{"1": "a", "null": true, "2.5": "\\u00e9", "nan": 0}'),
        (np.array(["a", "b"]), '["a", "b"]'),
        (np.array([{"a": np.array([1])}, None], dtype=object), '[{"a": [1]}, null]'),
        ("text", '"text"'),
    ],
)
def test_predictions_are_written_as_json_proper(value: object, text: str) -> None:
    """Numpy's values at any depth; null for what JSON has no number for."""
    assert _CODEC.encode(value).decode() == text


class _Table:
    """What pandas and others look like to numpy."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.array([[1, 2]])


def test_tables_and_tensors_are_written_as_lists() -> None:
    """Whatever numpy can make an array of."""
    assert _CODEC.encode(_Table()) == b"[[1, 2]]"


_CIRCLE: list[Any] = []
_CIRCLE.append(_CIRCLE)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({1, 2}, "a set"),
        ([object()], "a object"),
        ({"a": b"x"}, "a bytes"),
        ({(1, 2): 3}, "a tuple as key"),
        (1j, "a complex"),
        (_CIRCLE, "itself"),
    ],
)
def test_what_json_cannot_hold_is_named(value: object, words: str) -> None:
    """With what can be written."""
    with pytest.raises(NotAcceptable, match=f"{words}.*possible: numbers, texts"):
        _CODEC.encode(value)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(_VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    """Any JSON value; numbers of a list may come back as floats of the same value."""
    read = _CODEC.decode(_CODEC.encode(value), {})
    if isinstance(read, np.ndarray) and read.dtype.kind == "U":  # numpy drops NULs at the end of a text
        assert np.array_equal(read, np.array(value))
    elif isinstance(read, np.ndarray) and read.dtype == np.float64:
        assert np.array_equal(read, np.array(value, dtype=np.float64))
    else:
        assert (read.tolist() if isinstance(read, np.ndarray) else read) == value


@given(st.binary(max_size=60))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    """Never another error."""
    try:
        _CODEC.decode(body, {})
    except MalformedPayload as error:
        assert str(error).startswith("the body is not valid application/json")  # noqa: PT017  most bodies are refused
