"""`application/x-npy` to arrays and back."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from byoml.codecs.npy import NpyCodec
from byoml.request_errors import MalformedPayload, NotAcceptable
from hypothesis import given
from hypothesis import strategies as st

_CODEC = NpyCodec()


def _saved(array: Any, *, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


def _with_header(header: str, data: bytes = b"") -> bytes:
    text = header.encode()
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + data


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1, 2], [3, 4]], dtype=np.float32),
        np.array([[1], [2]]),
        np.array([np.nan, np.inf]),
        np.array(5),
        np.zeros((0, 3)),
        np.zeros((0, 1000)),
        np.zeros((2, 0)),
        np.array(["", ""]),
        np.array([["é", "a, b"]]),
        np.array([True, False]),
        np.arange(6, dtype=">i2").reshape(2, 3, order="F"),
        np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    ],
    ids=lambda array: f"{array.dtype}",
)
def test_an_array_comes_back_with_its_type_and_shape(array: np.ndarray[Any, Any]) -> None:
    """Any dtype but objects, any number of dimensions."""
    for body in (_CODEC.encode(array), _saved(array)):
        read = _CODEC.decode(body, {})
        assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_what_was_read_may_be_changed() -> None:
    """Functions scale their data in place."""
    array = _CODEC.decode(_saved(np.ones(3)), {})
    array /= 2
    assert array.tolist() == [0.5, 0.5, 0.5]


_WHOLE = _saved(np.arange(10.0))
_REFUSED = {
    "empty": b"",
    "garbage": b"abc",
    "pickled objects": _saved(np.array([1, "a"], dtype=object), allow_pickle=True),
    "bare pickle": b"\x80\x04K\x01.",
    "archive of arrays": b"PK\x03\x04" + b"\0" * 60,
    "cut in the header": _WHOLE[:40],
    "cut in the data": _WHOLE[:-3],
    "more after the array": _WHOLE + b"xy",
    "unknown version": b"\x93NUMPY\x09\x00" + _WHOLE[8:],
    "large header": _with_header("{" + " " * 20_000 + "}\n"),
    "no header": _with_header("import os\n"),
    "deep header": _with_header("(" * 9_000 + "\n"),
    "more memory than there is": _with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000000,)}\n"
    ),
    "no such shape": _with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}\n"),
    "overflowing shape": _with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}\n"),
    "items of no bytes": _with_header("{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,)}\n"),
    "rows of no items": _with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 0)}\n"),
    "negative shape": _with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n"),
}


@pytest.mark.parametrize("body", _REFUSED.values(), ids=_REFUSED)
def test_what_is_no_array_is_the_clients_fault(body: bytes) -> None:
    """Nothing is unpickled, and no header makes us reserve what does not come."""
    with pytest.raises(MalformedPayload, match="the body is not valid application/x-npy"):
        _CODEC.decode(body, {})


def test_a_pickle_is_never_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One that would make a file makes none."""
    target = tmp_path_factory.mktemp("pickle") / "made"

    class Evil:
        def __reduce__(self) -> Any:
            return target.touch, ()

    with pytest.raises(MalformedPayload):
        _CODEC.decode(_saved(np.array([Evil()], dtype=object), allow_pickle=True), {})
    assert not target.exists()


@pytest.mark.parametrize(("value", "shape"), [([[1, 2]], (1, 2)), (3.5, ()), ("text", ()), ([True], (1,))])
def test_lists_and_scalars_are_written_as_arrays(value: object, shape: tuple[int, ...]) -> None:
    """As numpy sees them."""
    read = _CODEC.decode(_CODEC.encode(value), {})
    assert read.shape == shape
    assert read.tolist() == value


@pytest.mark.parametrize("value", [[[1], [2, 3]], {"a": 1}, None, [object()], np.array([1, "a"], dtype=object)])
def test_what_only_pickle_could_hold_is_refused(value: object) -> None:
    """With what can be written."""
    with pytest.raises(NotAcceptable, match="possible: numbers"):
        _CODEC.encode(value)


@given(st.integers(0, len(_WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_another_array_or_refused(place: int, change: int) -> None:
    """Never another error."""
    body = bytearray(_WHOLE)
    body[place] ^= change
    try:
        array = _CODEC.decode(bytes(body), {})
    except MalformedPayload as error:
        assert str(error).startswith("the body is not valid")  # noqa: PT017  most are refused
    else:
        assert array.nbytes <= len(body)
