"""`application/x-npy`: numpy's own file format, without pickled objects."""

from __future__ import annotations

import io
import itertools
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["NpyCodec", "read_array", "write_array"]

_TYPE = "application/x-npy"
_WRITABLE = ("numbers, texts, booleans, or regular arrays and lists of one of them",)
#: Numpy's own bound for headers that it parses, said here as it is ours to keep.
_HEADER_BYTES = 10_000


class NpyCodec(Codec):
    """Reads and writes one array; one of Python objects, which only pickle could hold, is refused either way."""

    # The second is what SageMaker's TorchTensorSerializer calls the same bytes.
    content_types: ClassVar[tuple[str, ...]] = (_TYPE, "tensor/pt")

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> NDArray[Any]:
        try:
            return read_array(body)
        except ValueError as error:
            raise MalformedPayload(_TYPE, str(error)) from None

    def encode(self, value: object) -> bytes:
        return write_array(value, _TYPE)


def read_array(body: bytes) -> NDArray[Any]:
    """Read an npy file that holds one array and nothing else.

    Args:
        body: The whole file.

    Returns:
        The array, which may be changed.

    Raises:
        ValueError: It is none, or one that only pickle could read.
    """
    file = io.BytesIO(body)
    try:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False, max_header_size=_HEADER_BYTES)
    except Exception as error:  # noqa: BLE001  numpy promises no kind of error for what is no npy
        raise ValueError(f"{error}; numpy.save writes what is wanted") from None
    if file.read(1):
        raise ValueError(f"{len(body) - file.tell() + 1} bytes follow the array")
    if _steps(array.shape) > len(body):
        raise ValueError(f"a file of {len(body)} bytes claims the shape {array.shape}")
    return array


def _steps(shape: tuple[int, ...]) -> int:
    """Count the items that a walk through an array meets: any number, where items take no bytes or rows no items."""
    return math.prod(itertools.takewhile(bool, shape))


def write_array(value: object, content_type: str) -> bytes:
    """Write an npy file.

    Args:
        value: What numpy makes an array of.
        content_type: For the error.

    Returns:
        The whole file.

    Raises:
        NotAcceptable: It is ragged, or an array of Python objects.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged
        raise NotAcceptable(content_type, _WRITABLE, str(error)) from None
    if array.dtype.hasobject:
        found = f"the prediction, a {type(value).__name__}, is an array of objects"
        raise NotAcceptable(content_type, _WRITABLE, found)
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
