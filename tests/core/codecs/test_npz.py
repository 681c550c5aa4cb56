"""`application/x-npz` to arrays and back, and what a zip file may not do."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from byoml.codecs import npz
from byoml.codecs.npz import NpzCodec
from byoml.request_errors import MalformedPayload, NotAcceptable
from byoml.testing.contract.codec import CodecContract
from hypothesis import given
from hypothesis import strategies as st

_CODEC = NpzCodec()


def _saved(*arrays: Any, compressed: bool = False, **named: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, *arrays, **named)
    return file.getvalue()


def _zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _npy(array: Any, *, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("array", [np.eye(2), np.array([["é", "a, b"]]), np.array([np.nan]), np.zeros((0, 3))])
def test_a_file_of_one_array_is_that_array(array: Any, compressed: bool) -> None:  # noqa: FBT001  both ways to save
    """Whatever its name, as numpy saves it."""
    for body in (_saved(array, compressed=compressed), _saved(x=array, compressed=compressed)):
        read = _CODEC.decode(body, {})
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)


def test_several_arrays_are_a_mapping() -> None:
    """From their names, those without by numpy's."""
    read = _CODEC.decode(_saved(np.ones(2), x=np.zeros(3)), {})
    assert {name: array.shape for name, array in read.items()} == {"arr_0": (2,), "x": (3,)}


@pytest.mark.parametrize(("value", "names"), [([[1, 2]], ["arr_0"]), ({"a": np.ones(2), "b/c": 5}, ["a", "b/c"])])
def test_what_is_written_is_what_numpy_reads(value: object, names: list[str]) -> None:
    """SageMaker's deserializer hands the file to `numpy.load`."""
    with np.load(io.BytesIO(_CODEC.encode(value)), allow_pickle=False) as archive:
        assert archive.files == names
        wanted: dict[str, Any] = value if isinstance(value, dict) else {"arr_0": value}
        assert all(np.array_equal(archive[name], wanted[name]) for name in names)


@pytest.mark.parametrize("value", [[[1], [2, 3]], {"a": {"b": 1}}, {"a": [object()]}, None])
def test_what_only_pickle_could_hold_is_refused(value: object) -> None:
    """With what can be written."""
    with pytest.raises(NotAcceptable, match=r"application/x-npz.*possible: "):
        _CODEC.encode(value)


def _encrypted() -> bytes:
    body = bytearray(_zipped({"a.npy": _npy(np.ones(1))}))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(sign) + place] |= 1
    return bytes(body)


_REFUSED = {
    "empty": (b"", "not a zip file"),
    "garbage": (b"abc", "not a zip file"),
    "an npy file": (_npy(np.ones(2)), "not a zip file"),
    "no array": (_zipped({}), "holds no array"),
    "a text": (_zipped({"a.txt": b"x"}), "'a.txt' is no stored or deflated npy file"),
    "no npy inside": (_zipped({"a.npy": b"x"}), r"'a.npy': .*numpy.save"),
    "pickled objects": (_zipped({"a.npy": _npy(np.array([1, "a"], dtype=object), allow_pickle=True)}), "a.npy"),
    "other compression": (_zipped({"a.npy": _npy(np.ones(2))}, zipfile.ZIP_LZMA), "no stored or deflated"),
    "encrypted": (_encrypted(), "encrypted"),
    "cut": (_saved(np.ones(100))[:-30], "zip"),
    "too many": (_zipped({f"{n}.npy": b"" for n in range(1001)}), "more than 1000 arrays"),
    "damaged": (_saved(np.ones(100)).replace(b"\xf0\x3f", b"\xf1\x3f"), "Bad CRC-32"),
}


@pytest.mark.parametrize(("body", "words"), _REFUSED.values(), ids=_REFUSED)
def test_what_is_no_archive_of_arrays_is_the_clients_fault(body: bytes, words: str) -> None:
    """Nothing is unpickled; the array is named where one is to blame."""
    with pytest.raises(MalformedPayload, match=f"the body is not valid application/x-npz: .*{words}"):
        _CODEC.decode(body, {})


def _bomb(members: int, size: int, claimed: int | None = None) -> bytes:
    """A small file that unpacks to noughts; `claimed` is the size that each member says."""
    content = bytes(size)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(members):
            archive.writestr(f"{number}.npy", content)
            if claimed is not None:
                archive.filelist[-1].file_size = claimed
    return file.getvalue()


def _peak(body: bytes, words: str) -> int:
    """How many bytes are taken until a file is refused."""
    tracemalloc.start()
    try:
        with pytest.raises(MalformedPayload, match=words):
            _CODEC.decode(body, {})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """By what its table of contents says."""
    body = _bomb(65, 2**24)
    assert len(body) < 2**23
    assert _peak(body, "unpacks to 1090519040 bytes; at most 1073741824") < 2**20


def test_a_zip_bomb_that_lies_unpacks_no_further_than_it_says() -> None:
    """And is refused, as it is not what it says."""
    assert _peak(_bomb(1, 2**26, claimed=100), "Bad CRC-32") < 2**20


def test_more_entries_than_arrays_may_be_are_refused_unread() -> None:
    """Reading the table of contents of a hundred megabytes would itself take a gigabyte."""
    assert zipfile.stringCentralDir == npz._ENTRY  # type: ignore[attr-defined]  # noqa: SLF001  what entries begin with
    with pytest.raises(MalformedPayload, match="more than 1000 arrays"):
        _CODEC.decode(b"PK\x01\x02" * 1001, {})


_WHOLE = _saved(np.arange(10.0), x=np.array(["a", "b"]))


@given(st.integers(0, len(_WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_another_archive_or_refused(place: int, change: int) -> None:
    """Never another error."""
    body = bytearray(_WHOLE)
    body[place] ^= change
    with suppress(MalformedPayload):
        _CODEC.decode(bytes(body), {})


class TestCodecContract(CodecContract):
    """Arrays, and mappings of several of them."""

    codec = _CODEC
    values = st.sampled_from([np.eye(3), np.arange(4), np.array([["x", ""]]), np.array(5.5), np.zeros((2, 0))])
    broken = (b"", b"PK", b"PK\x05\x06" + bytes(18), zlib.compress(b"abc"))
