"""RecordIO: framing, padding, records of several parts, and what is none."""

from __future__ import annotations

import io
import os
import struct
import threading

import pytest
from byoml.codecs.recordio import RecordIOError, read_records, write_record
from hypothesis import given
from hypothesis import strategies as st

_MAGIC = bytes.fromhex("0a23d7ce")


def _framed(*payloads: bytes, parts: bool = False) -> bytes:
    stream = io.BytesIO()
    for payload in payloads:
        write_record(stream, payload, parts=parts)
    return stream.getvalue()


def _part(kind: int, payload: bytes) -> bytes:
    return _MAGIC + struct.pack("<I", kind << 29 | len(payload)) + payload + bytes(-len(payload) % 4)


def test_a_record_is_magic_length_bytes_and_zeros_up_to_four() -> None:
    """Byte for byte, as AWS's algorithms read it."""
    assert _framed(b"abcde") == _MAGIC + b"\x05\0\0\0" + b"abcde\0\0\0"
    assert _framed(b"") == _MAGIC + b"\0\0\0\0"


# Records that hold the magic number, at multiples of four and elsewhere, are what parts are about.
_payloads = st.lists(st.lists(st.one_of(st.binary(max_size=9), st.just(_MAGIC)), max_size=6).map(b"".join), max_size=5)


@given(payloads=_payloads, parts=st.booleans())
def test_records_come_back_whole_or_in_parts(payloads: list[bytes], parts: bool) -> None:  # noqa: FBT001  drawn
    """Whatever they hold."""
    assert list(read_records(_framed(*payloads, parts=parts))) == payloads


def test_a_record_in_parts_stands_as_mxnet_writes_it() -> None:
    """The magic number is dropped at each cut: a reader that starts in the middle cannot take it for a header."""
    written = _framed(b"aaaa" + _MAGIC + b"bbbb" + _MAGIC + b"c", parts=True)
    assert written == _part(1, b"aaaa") + _part(2, b"bbbb") + _part(3, b"c")
    assert _framed(b"a" + _MAGIC + b"b", parts=True) == _part(0, b"a" + _MAGIC + b"b")


def test_records_are_read_from_a_pipe_that_gives_little_at_a_time() -> None:
    """As a fifo does."""
    payloads = [bytes([number]) * 3000 for number in range(5)]
    reader, writer = os.pipe()

    def feed() -> None:
        with open(writer, "wb", buffering=0) as pipe:  # noqa: PTH123  a descriptor
            framed = _framed(*payloads)
            pipe.writelines(framed[start : start + 777] for start in range(0, len(framed), 777))

    feeder = threading.Thread(target=feed)
    feeder.start()
    with open(reader, "rb", buffering=0) as pipe:  # noqa: PTH123
        assert list(read_records(pipe)) == payloads
    feeder.join()


@pytest.mark.parametrize(
    ("stream", "number", "says"),
    [
        (b"1,2,3\n4,5,6\n", 1, "begins with the bytes 31 2c 32 2c; RecordIO begins each record with 0a 23 d7 ce"),
        (_framed(b"abcd") + b"garbage!", 2, "begins with"),
        (_framed(b"abcd")[:10], 1, "ends after 2 of its 4 bytes"),
        (_framed(b"abcd") + _MAGIC, 2, "ends after 4 of the 8 bytes of its header"),
        (_MAGIC + b"\xff\xff\xff\x1f" + b"lie", 1, "ends after 3 of its 536870911 bytes"),
        (_MAGIC + b"\0\0\0\xe0", 1, "kind 7"),
        (_part(3, b"abcd"), 1, "its first part is missing"),
        (_part(1, b"abcd"), 1, "ends between its parts"),
        (_part(1, b"abcd") + _part(0, b"efgh"), 1, "before its last part"),
    ],
)
def test_what_is_no_record_is_an_error_that_names_its_number(stream: bytes, number: int, says: str) -> None:
    """It says what was found, and what would be right."""
    with pytest.raises(RecordIOError, match=says) as raised:
        list(read_records(stream))
    assert raised.value.record == number


def test_the_padding_of_the_last_record_may_be_missing() -> None:
    """Some writers leave it out; nothing of the record is lost."""
    assert list(read_records(_framed(b"abcde")[:-3])) == [b"abcde"]


@given(stream=st.binary(max_size=60))
def test_no_bytes_at_all_break_the_reader(stream: bytes) -> None:
    """They are records, or a RecordIOError."""
    for start in (b"", _MAGIC):
        try:
            list(read_records(start + stream))
        except RecordIOError:
            continue
