"""`application/jsonlines`: one JSON text a line, one line a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.json import read, write
from byoml.codecs.regular import array_of
from byoml.codecs.text import decode_text
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JsonLinesCodec"]

_TYPE = "application/jsonlines"
_ONE = (str, bytes, dict)


class JsonLinesCodec(Codec):
    """Reads lines of values or regular lists, all of one kind, as an array: a line is a row, a bare value one cell.

    Any other lines, such as objects, are a list with what each says. Blank lines at the end are none.

    Writes a line for each row of an array, each item of a list and each row of a table.
    """

    content_types: ClassVar[tuple[str, ...]] = (
        _TYPE,
        "application/x-jsonlines",
        "application/jsonlines+json",
        "application/ndjson",
        "application/x-ndjson",
        "application/jsons",
    )

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        # A text of JSON may hold other ends of lines than LF, as they are; blanks around it are none of it.
        text = decode_text(body, parameters, _TYPE).rstrip(" \t\r\n")
        if not text:
            raise MalformedPayload(_TYPE, "there is no line")
        values = [_read(line, row) for row, line in enumerate(text.split("\n"), 1)]
        array = array_of(values)
        return array.reshape(-1, 1) if isinstance(array, np.ndarray) and array.ndim == 1 else array

    def encode(self, value: object) -> bytes:
        return b"".join(write(item, _TYPE) + b"\n" for item in _items(value))


def _read(line: str, row: int) -> Any:
    if not line or line.isspace():
        raise MalformedPayload(_TYPE, "the line is blank; each must hold one JSON text", row)
    return read(line, _TYPE, row)


def _items(value: object) -> list[Any] | tuple[Any, ...]:
    """Tell what stands on a line of its own: a prediction that is no sequence is one line."""
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, _ONE) or not hasattr(value, "__array__"):
        return [value]
    listed = np.asarray(value).tolist()
    return listed if isinstance(listed, list) else [listed]
