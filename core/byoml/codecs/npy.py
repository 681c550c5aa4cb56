"""`application/x-npy`: numpy's own file format, without pickled objects."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["NpyCodec"]

_TYPE = "application/x-npy"
_WRITABLE = ("numbers, texts, booleans, or regular arrays and lists of one of them",)
_HEADER_BYTES = 10_000


class NpyCodec(Codec):
    """Reads and writes one array; one of Python objects, which only pickle could hold, is refused either way."""

    content_types: ClassVar[tuple[str, ...]] = (_TYPE,)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> NDArray[Any]:
        file = io.BytesIO(body)
        try:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False, max_header_size=_HEADER_BYTES)
        except Exception as error:  # noqa: BLE001  numpy promises no kind of error for what is no npy
            raise MalformedPayload(_TYPE, f"{error}; numpy.save writes what is wanted") from None
        if file.read(1):
            raise MalformedPayload(_TYPE, f"{len(body) - file.tell() + 1} bytes follow the array")
        return array

    def encode(self, value: object) -> bytes:
        try:
            array = np.asarray(value)
        except ValueError as error:  # ragged
            raise NotAcceptable(_TYPE, _WRITABLE, str(error)) from None
        if array.dtype.hasobject:
            raise NotAcceptable(_TYPE, _WRITABLE, f"the prediction, a {type(value).__name__}, is an array of objects")
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        return file.getvalue()
