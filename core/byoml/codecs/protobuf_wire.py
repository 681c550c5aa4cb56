"""The wire format of protocol buffers, as far as records need it: fields, and repeated numbers as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Field", "WireError", "block", "fields", "fixed", "packed", "varints"]

_VARINT, _FIXED64, _BLOCK, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10
_MORE = 0x80
_SHIFTS = np.arange(_LONGEST_VARINT, dtype=np.uint64) * np.uint64(7)


class WireError(ValueError):
    """The bytes are no message."""


class Field(NamedTuple):
    """One field of a message.

    Args:
        number: Its number.
        kind: How it is written: 0 a varint, 1 and 5 eight and four bytes, 2 a block.
        value: Its bytes; for a varint as they are on the wire.
    """

    number: int
    kind: int
    value: bytes

    @property
    def content(self) -> bytes:
        """The block's bytes; raises WireError where the field is no block."""
        if self.kind != _BLOCK:
            raise WireError(f"field {self.number} is a number, and not a block of bytes")
        return self.value


def fields(message: bytes) -> Iterator[Field]:
    """Split a message into its fields.

    Args:
        message: Its bytes.

    Yields:
        The fields as they come; the same number may come again.

    Raises:
        WireError: It is cut short, or no message.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            start = at
            _, at = _varint(message, at)
        elif kind == _BLOCK:
            length, start = _varint(message, at)
            at = start + length
        elif kind in _WIDTHS:
            start, at = at, at + _WIDTHS[kind]
        else:
            raise WireError(f"field {number} has wire type {kind}; there are 0, 1, 2 and 5")
        if not number or at > len(message):
            raise WireError(f"field {number} ends at byte {at} of a message of {len(message)} bytes")
        yield Field(number, kind, message[start:at])


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < _MORE:
            return value, at + index + 1
    raise WireError(f"the number at byte {at} does not end")


def packed(field: Field, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Read the numbers of a repeated field, packed or one alone.

    Args:
        field: The field.
        dtype: Floats are read as fixed bytes, integers as varints.

    Returns:
        The numbers.

    Raises:
        WireError: They are cut short, or written in another way.
    """
    if dtype.kind != "f":
        if field.kind not in (_VARINT, _BLOCK):
            raise WireError(f"field {field.number} has wire type {field.kind}; integers are varints")
        return _read_varints(field.value).astype(dtype)
    if field.kind not in (_BLOCK, _FIXED32 if dtype.itemsize == _WIDTHS[_FIXED32] else _FIXED64):
        raise WireError(f"field {field.number} has wire type {field.kind}; {dtype} has another")
    if len(field.value) % dtype.itemsize:
        raise WireError(f"{len(field.value)} bytes are no whole number of {dtype}")
    return np.frombuffer(field.value, dtype.newbyteorder("<"))


def _read_varints(content: bytes) -> NDArray[np.uint64]:
    raw = np.frombuffer(content, np.uint8)
    if not raw.size or raw.max() < _MORE:
        return raw.astype(np.uint64)
    ends = np.flatnonzero(raw < _MORE)
    if raw[-1] >= _MORE:
        raise WireError("the last number does not end")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST_VARINT:
        raise WireError(f"a number has {lengths.max()} bytes; {_LONGEST_VARINT} are the most")
    place = np.arange(raw.size) - np.repeat(starts, lengths)
    return np.add.reduceat((raw & 0x7F).astype(np.uint64) << _SHIFTS[place], starts)


def block(number: int, content: bytes) -> bytes:
    """Write a field that is a block: a message, a text, or packed numbers."""
    return _one_varint(number << 3 | _BLOCK) + _one_varint(len(content)) + content


def _one_varint(value: int) -> bytes:
    written = bytearray()
    while value >= _MORE:
        written.append(value & 0x7F | _MORE)
        value >>= 7
    return bytes([*written, value])


def varints(values: NDArray[Any]) -> bytes:
    """Write integers as varints; negative ones take ten bytes, as the format has it."""
    if not values.size:
        return b""
    unsigned = values if values.dtype == np.uint64 else values.astype(np.int64).view(np.uint64)
    if unsigned.max() < _MORE:
        return unsigned.astype(np.uint8).tobytes()
    groups = (unsigned[:, None] >> _SHIFTS) & np.uint64(0x7F)
    last = np.where(groups > 0, np.arange(_LONGEST_VARINT), 0).max(axis=1)[:, None]
    place = np.arange(_LONGEST_VARINT)
    written = groups.astype(np.uint8) | np.where(place < last, _MORE, 0).astype(np.uint8)
    kept: NDArray[np.uint8] = written[place <= last]
    return kept.tobytes()


def fixed(values: NDArray[Any], dtype: np.dtype[Any]) -> bytes:
    """Write floats as fixed bytes."""
    return values.astype(dtype.newbyteorder("<")).tobytes()
