"""The values of RecordIO-protobuf's features and labels, and how they stand on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from byoml.codecs import protobuf_wire as wire

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bytes", "Tensor", "read_value", "write_value"]

_TENSORS: dict[int, np.dtype[Any]] = {
    2: np.dtype(np.float32),
    3: np.dtype(np.float64),
    7: np.dtype(np.int32),
}
_NUMBERS = {dtype: number for number, dtype in _TENSORS.items()}
_BYTES = 9
_TENSOR_VALUES, _TENSOR_KEYS, _TENSOR_SHAPE = 1, 2, 3
_BYTES_VALUE, _CONTENT_TYPE = 1, 2
_UINT64 = np.dtype(np.uint64)
_INT32 = np.iinfo(np.int32)


@dataclass(frozen=True, eq=False)
class Tensor:
    """Numbers: all of them, or, where there are keys, those that are not absent.

    Args:
        values: Float32, float64 or int32 as they are; other integers and booleans are written as int32, other floats
            as float64.
        keys: The place of each value, None where none is absent.
        shape: As written: of a sparse row its width; empty where nothing was said.
    """

    values: NDArray[Any]
    keys: NDArray[np.uint64] | None = None
    shape: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """How many places the row has; of a sparse one without a shape as many as its last key needs."""
        if self.keys is None:
            return int(self.values.size)
        if self.shape:
            return self.shape[0]
        return int(self.keys.max()) + 1 if self.keys.size else 0

    def row(self, width: int | None = None) -> NDArray[Any]:
        """Make a row of floats, NaN where nothing is said.

        Args:
            width: Its length, at least `self.width`; None for that.

        Returns:
            A row of float32 for float32, else of float64.
        """
        dtype = np.float32 if self.values.dtype == np.float32 else np.float64
        if self.keys is None:
            return self.values.astype(dtype)
        row = np.full(self.width if width is None else width, np.nan, dtype)
        row[self.keys.astype(np.int64)] = self.values
        return row


@dataclass(frozen=True)
class Bytes:
    """Bytes, such as images.

    Args:
        values: One or more.
        content_type: What they are, None where nothing is said.
    """

    values: tuple[bytes, ...]
    content_type: str | None = None


def read_value(content: bytes) -> Tensor | Bytes | None:
    """Read a `Value` message; None where it says nothing at all."""
    value: Tensor | Bytes | None = None
    for found in wire.fields(content):
        if found.number in _TENSORS:
            value = _tensor(found.content, _TENSORS[found.number])
        elif found.number == _BYTES:
            value = _bytes(found.content)
    return value


def _tensor(content: bytes, dtype: np.dtype[Any]) -> Tensor:
    found: dict[int, list[NDArray[Any]]] = {_TENSOR_VALUES: [], _TENSOR_KEYS: [], _TENSOR_SHAPE: []}
    for part in wire.fields(content):
        if part.number in found:
            found[part.number].append(wire.packed(part, dtype if part.number == _TENSOR_VALUES else _UINT64))
    values = _joined(found[_TENSOR_VALUES], dtype)
    keys = _joined(found[_TENSOR_KEYS], _UINT64)
    shape = tuple(_joined(found[_TENSOR_SHAPE], _UINT64).tolist())
    # A sparse row of which all is absent has neither keys nor values, only its shape.
    sparse = bool(keys.size) or (not values.size and bool(shape))
    _check(values, keys if sparse else None, shape)
    return Tensor(values, keys if sparse else None, shape)


def _joined(parts: list[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.empty(0, dtype)


def _check(values: NDArray[Any], keys: NDArray[np.uint64] | None, shape: tuple[int, ...]) -> None:
    if keys is None:
        return
    if keys.size != values.size:
        raise ValueError(f"a sparse tensor has {keys.size} keys and {values.size} values")
    if shape and keys.size and keys.max() >= shape[0]:
        raise ValueError(f"a sparse tensor of width {shape[0]} has a value at key {keys.max()}")


def _bytes(content: bytes) -> Bytes:
    values, content_type = [], None
    for found in wire.fields(content):
        if found.number == _BYTES_VALUE:
            values.append(found.content)
        elif found.number == _CONTENT_TYPE:
            content_type = found.content.decode()
    return Bytes(tuple(values), content_type)


def write_value(value: Tensor | Bytes) -> bytes:
    """Write a `Value` message; raises ValueError where the numbers are none that a record can hold."""
    if isinstance(value, Bytes):
        said = [] if value.content_type is None else [wire.block(_CONTENT_TYPE, value.content_type.encode())]
        return wire.block(_BYTES, b"".join([*(wire.block(_BYTES_VALUE, one) for one in value.values), *said]))
    values = _writable(np.asarray(value.values).ravel())
    _check(values, value.keys, value.shape)
    floats = values.dtype.kind == "f"
    content = wire.block(_TENSOR_VALUES, wire.fixed(values, values.dtype) if floats else wire.varints(values))
    for number, places in ((_TENSOR_KEYS, value.keys), (_TENSOR_SHAPE, value.shape)):
        if places is not None and len(places):
            content += wire.block(number, wire.varints(np.asarray(places, np.uint64)))
    return wire.block(_NUMBERS[values.dtype], content)


def _writable(values: NDArray[Any]) -> NDArray[Any]:
    """Bring numbers to one of the three types that a record has."""
    if values.dtype.kind in "iub":
        if values.size and (values.min() < _INT32.min or values.max() > _INT32.max):
            raise ValueError(f"integers of a record have 32 bits; found {values.min()} to {values.max()}")
        return values.astype(np.int32)
    if values.dtype.kind != "f":
        raise ValueError(f"a tensor holds numbers; found {values.dtype}")
    return values.astype(np.float32 if values.dtype == np.float32 else np.float64)
