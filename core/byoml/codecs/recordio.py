"""RecordIO: how records follow each other in a stream, as Pipe mode and AWS's algorithms frame them.

A record is the magic number, its length, its bytes, and zeros up to a multiple of four. MXNet cuts a record in parts
where its bytes hold the magic number at a multiple of four, and says so in the three high bits of the length.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from byoml.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RecordIOError", "read_records", "write_record"]

_MAGIC = 0xCED7230A
_MAGIC_BYTES = struct.pack("<I", _MAGIC)
_HEADER = struct.Struct("<II")
_ALIGNMENT = 4
_LENGTH_BITS = 29
_LONGEST = (1 << _LENGTH_BITS) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
# A length that lies must not cost memory: a record is read in pieces, and grows only as bytes come.
_PIECE = 1 << 20


class RecordIOError(ConfigurationError):
    """What should be records is none.

    Args:
        record: One-based number of the record.
        reason: What is wrong with it, and what would be right.
    """

    def __init__(self, record: int, reason: str) -> None:
        super().__init__(f"record {record}: {reason}")
        self.record = record
        self.reason = reason


def read_records(stream: BinaryIO | bytes) -> Iterator[bytes]:
    """Read records one by one, those of several parts as one.

    Args:
        stream: A binary file, a pipe, or the bytes themselves.

    Yields:
        The bytes of each record, without frame and padding.

    Raises:
        RecordIOError: The stream is cut short, or holds something else.
    """
    source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    number = 1
    while (part := _read_part(source, number)) is not None:
        kind, payload = part
        if kind not in (_WHOLE, _FIRST):
            raise RecordIOError(number, "it begins with a part that continues a record; its first part is missing")
        yield payload if kind == _WHOLE else _joined(source, payload, number)
        number += 1


def _joined(source: BinaryIO, first: bytes, number: int) -> bytes:
    """Put the parts together; between two of them stood the magic number."""
    parts = [first]
    kind = _FIRST
    while kind != _LAST:
        part = _read_part(source, number)
        if part is None:
            raise RecordIOError(number, "the stream ends between its parts")
        kind, payload = part
        if kind not in (_MIDDLE, _LAST):
            raise RecordIOError(number, "a new record begins before its last part")
        parts.append(payload)
    return _MAGIC_BYTES.join(parts)


def _read_part(source: BinaryIO, number: int) -> tuple[int, bytes] | None:
    header = _read(source, _HEADER.size)
    if not header:
        return None
    magic = header[: len(_MAGIC_BYTES)]
    if not _MAGIC_BYTES.startswith(magic):
        found = f"it begins with the bytes {magic.hex(' ')}"
        raise RecordIOError(number, f"{found}; RecordIO begins each record with {_MAGIC_BYTES.hex(' ')}")
    if len(header) < _HEADER.size:
        raise RecordIOError(number, f"the stream ends after {len(header)} of the {_HEADER.size} bytes of its header")
    _, said = _HEADER.unpack(header)
    kind, length = said >> _LENGTH_BITS, said & _LONGEST
    if kind > _LAST:
        raise RecordIOError(number, f"its header has kind {kind}; there are kinds 0 to {_LAST}")
    payload = _read(source, length)
    if len(payload) < length:
        raise RecordIOError(number, f"the stream ends after {len(payload)} of its {length} bytes")
    # Some writers leave out the padding of the very last record.
    _read(source, -length % _ALIGNMENT)
    return kind, payload


def _read(source: BinaryIO, length: int) -> bytes:
    """Read as many bytes as asked for, fewer only at the end; a pipe may give them piece by piece."""
    first = source.read(min(length, _PIECE))
    if len(first) == length or not first:
        return first
    pieces = bytearray(first)
    while len(pieces) < length and (piece := source.read(min(length - len(pieces), _PIECE))):
        pieces += piece
    return bytes(pieces)


def write_record(stream: BinaryIO, payload: bytes, *, parts: bool = False) -> None:
    """Write one record.

    Args:
        stream: A binary file or pipe.
        payload: Its bytes.
        parts: Whether to cut it where it holds the magic number, as MXNet does so that readers can start in the middle
            of a file; AWS's own readers know no parts.

    Raises:
        RecordIOError: It is longer than the frame can say.
    """
    cut = _cut(payload) if parts else [payload]
    last = len(cut) - 1
    for index, part in enumerate(cut):
        if len(part) > _LONGEST:
            raise RecordIOError(1, f"it has {len(part)} bytes; RecordIO takes at most {_LONGEST}")
        kind = _WHOLE if not last else _FIRST if not index else _LAST if index == last else _MIDDLE
        stream.write(_HEADER.pack(_MAGIC, kind << _LENGTH_BITS | len(part)) + part + bytes(-len(part) % _ALIGNMENT))


def _cut(payload: bytes) -> list[bytes]:
    """Cut at each magic number that stands at a multiple of four, and drop it."""
    parts = []
    start = found = 0
    while (found := payload.find(_MAGIC_BYTES, found)) >= 0:
        if found % _ALIGNMENT:
            found += 1
            continue
        parts.append(payload[start:found])
        start = found = found + _ALIGNMENT
    return [*parts, payload[start:]]
