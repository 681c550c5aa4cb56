"""`text/csv` to two-dimensional arrays and back (contract/inference C-5, C-6 and C-21)."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pytest
from byoml.codecs.csv import CsvCodec, _read_any, read_plain
from byoml.request_errors import MalformedPayload, NotAcceptable
from hypothesis import example, given
from hypothesis import strategies as st

_CODEC = CsvCodec()
_READ = {
    "one row": ("1,2,3", "int64", [[1, 2, 3]]),
    "rows": ("1,2\n3,4\n", "int64", [[1, 2], [3, 4]]),
    "one column": ("1\n2\n3\n", "int64", [[1], [2], [3]]),
    "one cell": ("5", "int64", [[5]]),
    "crlf": ("1,2\r\n3,4\r\n", "int64", [[1, 2], [3, 4]]),
    "cr": ("1,2\r3,4\r", "int64", [[1, 2], [3, 4]]),
    "blanks around": (" 1 ,\t2 \n", "int64", [[1, 2]]),
    "signs and noughts": ("-0,+5,007", "int64", [[0, 5, 7]]),
    "quoted numbers": ('"1","2"\n', "int64", [[1, 2]]),
    "one float": ("1,2.5", "float64", [[1.0, 2.5]]),
    "exponent": ("1e3,.5", "float64", [[1000.0, 0.5]]),
    "overflow": ("1e400", "float64", [[math.inf]]),
    "beyond int64": ("9223372036854775808,1", "float64", [[2.0**63, 1.0]]),
    "text": ("a,1\n", "<U1", [["a", "1"]]),
    "empty text": ("a,\n,b\n", "<U1", [["a", ""], ["", "b"]]),
    "unicode": ("é,中\n", "<U1", [["é", "中"]]),
    "other digits": ("٣\n", "<U1", [["٣"]]),
    "underscore": ("1_000\n", "<U5", [["1_000"]]),
    "quoted comma": ('"a, b","2""x"\n', "<U4", [["a, b", '2"x']]),
    "quoted line end": ('"a\nb",c\n', "<U3", [["a\nb", "c"]]),
    "hash": ("#a,b\n", "<U2", [["#a", "b"]]),
    "blank lines at the end": ("1,2\n\n\r\n", "int64", [[1, 2]]),
}


@pytest.mark.parametrize(("body", "dtype", "values"), _READ.values(), ids=_READ)
def test_a_body_is_a_table_of_integers_else_floats_else_texts(body: str, dtype: str, values: list[Any]) -> None:
    """Always rows by cells, whatever their number."""
    array = _CODEC.decode(body.encode(), {})
    assert (array.dtype, array.tolist()) == (np.dtype(dtype), values)


@pytest.mark.parametrize(
    "body", ["1,,3\n4,5,6\n", "1, ,3\n4,5,6\n", '1,"",3\n4,5,6\n', "1,nan,3\n4,5,6\n", "1,NaN,3\n4,5,6"]
)
def test_a_blank_cell_among_numbers_is_not_a_number(body: str) -> None:
    """Never -1, never a text."""
    array = _CODEC.decode(body.encode(), {})
    assert np.array_equal(array, [[1.0, math.nan, 3.0], [4.0, 5.0, 6.0]], equal_nan=True)


def test_a_blank_line_of_one_column_is_a_blank_cell() -> None:
    """So there are as many rows as lines."""
    assert np.array_equal(_CODEC.decode(b"1\n\n3\n", {}), [[1.0], [math.nan], [3.0]], equal_nan=True)


@pytest.mark.parametrize(("first", "kind"), [("a,b", "int64"), ('"a\nx",b', "int64"), ("1.5,2", "int64")])
def test_a_header_is_dropped_where_the_type_says_that_there_is_one(first: str, kind: str) -> None:
    """Also one over two lines; and it does not count for the kind of the rest."""
    body = f"{first}\n1,2\n".encode()
    array = _CODEC.decode(body, {"header": "Present"})
    assert (array.dtype, array.tolist()) == (np.dtype(kind), [[1, 2]])
    assert len(_CODEC.decode(body, {"header": "absent"})) == 2


def test_label_size_is_ignored() -> None:
    """AWS's own algorithms ask for `label_size=0`."""
    assert _CODEC.decode(b"1,2\n", {"label_size": "0"}).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("body", "charset"), [(b"\xef\xbb\xbf1,2", "utf-8"), ("1,2".encode("utf-16"), "utf-16"), (b"\xf1\x6b\xf2", "cp037")]
)
def test_the_charset_is_honoured_and_a_byte_order_mark_dropped(body: bytes, charset: str) -> None:
    """Numbers are numbers in any of them."""
    assert _CODEC.decode(body, {"charset": charset}).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("body", "parameters", "words"),
    [
        (b"", {}, "there is no row"),
        (b"\r\n\n", {}, "there is no row"),
        (b"a,b\n", {"header": "present"}, "no row after the header"),
        (b"1,2\n3\n", {}, "row 2, column 2.*has 1 cells, and the first has 2"),
        (b"1,2\n3,4\n5,6,7\n", {}, "row 3, column 3.*has 3 cells"),
        (b"1,2\n\n3,4\n", {}, "row 2, column 2"),
        (b'"a"b,c\n', {}, "row 1"),
        (b'1,2\n"abc\n', {}, "row 2"),
        (b"\xff", {}, "utf-8"),
        (b"1", {"charset": "klingon"}, "klingon"),
    ],
)
def test_a_body_that_is_no_table_is_said_with_its_place(body: bytes, parameters: dict[str, str], words: str) -> None:
    """The client's fault; the row counts from the first of the body."""
    with pytest.raises(MalformedPayload, match=words):
        _CODEC.decode(body, parameters)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([42.0, 6.0], "42.0\n6.0\n"),
        ([[1, 2], [3, 4]], "1,2\n3,4\n"),
        ((1, 2), "1\n2\n"),
        (5, "5\n"),
        (np.float64(0.1), "0.1\n"),
        (np.array(7), "7\n"),
        (np.array([1, 2]), "1\n2\n"),
        (np.array([[1.5, 2.0]]), "1.5,2.0\n"),
        (np.array([0.1, 1e-5, 2], dtype=np.float32), "0.1\n1e-05\n2.0\n"),
        ([np.float32(0.1), np.int8(3)], "0.1\n3\n"),
        ([np.array([1, 2]), (3, 4)], "1,2\n3,4\n"),
        ([["a, b", 'c"d', "e\nf", "g\rh", "é"]], '"a, b","c""d","e\nf","g\rh",é\n'),
        ("a", "a\n"),
        (np.array([["x", "y"]]), "x,y\n"),
        ([[None, 1], [math.nan, True]], ",1\nnan,True\n"),
        ([None], '""\n'),
        ([], ""),
    ],
)
def test_predictions_are_written_as_rows(value: object, text: str) -> None:
    """One value a line for a list, numbers in their shortest digits, quotes only where needed."""
    assert _CODEC.encode(value).decode() == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((2, 2, 2)), "a list"),
        ({"a": 1}, "a dict"),
        ([{"a": 1}], "a dict"),
        ([b"x"], "a bytes"),
        ({1}, "a set"),
        ([object()], "a object"),
    ],
)
def test_what_is_no_table_is_named(value: object, words: str) -> None:
    """With what can be written."""
    with pytest.raises(NotAcceptable, match=f"{words}.*possible: one value"):
        _CODEC.encode(value)


_SIGNS = st.sampled_from(
    [*"0123456789+-.eE,, \t\n\n", "\r\n", "\r", "nan", '"', "_", "12", "9223372036854775808", "1e400"]
)


@given(st.lists(_SIGNS, max_size=14).map("".join))
@example("1\n\n2")
@example("\n1")
@example(" \n1")
@example("1\n \n")
@example("1,\r2")
@example("-0,1.5")
def test_the_quick_way_reads_what_the_careful_way_reads(text: str) -> None:
    """Where plain numbers are read at once, the result is the same to the bit."""
    quick = read_plain(text)
    if quick is not None:
        careful = _read_any(text, header=False)
        assert (quick.dtype, quick.shape) == (careful.dtype, careful.shape)
        assert np.array_equal(quick.view(np.int64), careful.view(np.int64))


@given(st.lists(st.lists(st.floats(), min_size=3, max_size=3), min_size=1))
def test_floats_come_back_to_the_bit(rows: list[list[float]]) -> None:
    """NaN and infinities too."""
    read = _CODEC.decode(_CODEC.encode(rows), {})
    assert read.dtype == np.float64
    assert np.array_equal(read, rows, equal_nan=True)


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=2), min_size=1))
def test_integers_come_back_exactly(rows: list[list[int]]) -> None:
    """All of int64."""
    read = _CODEC.decode(_CODEC.encode(rows), {})
    assert (read.dtype, read.tolist()) == (np.dtype(np.int64), rows)


# Without NUL, which numpy drops at the end of a text and old Pythons do not read.
_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.lists(_TEXT, min_size=2, max_size=2), min_size=1))
def test_texts_come_back_whatever_is_in_them(rows: list[list[str]]) -> None:
    """Commas, quotes and line ends, as the SDK's serializer quotes them."""
    rows = [["text", "column"], *rows]
    sent = io.StringIO()
    csv.writer(sent).writerows(rows)
    for body in (sent.getvalue().encode(), sent.getvalue().removesuffix("\r\n").encode(), _CODEC.encode(rows)):
        assert _CODEC.decode(body, {}).tolist() == rows


@given(st.binary(max_size=60))
def test_any_body_is_a_table_or_refused(body: bytes) -> None:
    """Two-dimensional, of one of the three kinds, never another error."""
    try:
        array = _CODEC.decode(body, {})
    except MalformedPayload as error:
        assert str(error).startswith("the body is not valid text/csv")  # noqa: PT017  many bodies are refused
    else:
        assert array.ndim == 2
        assert array.dtype.kind in "ifU"
