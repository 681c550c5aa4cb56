"""`text/plain`: one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.text import decode_text
from byoml.request_errors import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PlainTextCodec"]

_TYPE = "text/plain"
_WRITABLE = ("a text, a number, or a flat list or array of them, one a line",)
_VALUES = (str, int, float, np.generic)


class PlainTextCodec(Codec):
    """Reads the whole body as one text, of the type's `charset` or UTF-8; writes texts and numbers, one a line."""

    content_types: ClassVar[tuple[str, ...]] = (_TYPE, "application/x-text")

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> str:
        return decode_text(body, parameters, _TYPE)

    def encode(self, value: object) -> bytes:
        if not isinstance(value, (str, np.generic)) and hasattr(value, "__array__"):
            value = np.asarray(value).tolist()
        if isinstance(value, (list, tuple)):
            return "".join(f"{_text(item)}\n" for item in value).encode()
        return _text(value).encode()


def _text(value: object) -> str:
    if isinstance(value, _VALUES) and not isinstance(value, (np.void, np.bytes_)):
        return str(value)
    raise NotAcceptable(_TYPE, _WRITABLE, f"the prediction is or holds a {type(value).__name__}")
