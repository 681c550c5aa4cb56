"""`application/octet-stream`: bytes that say nothing of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from byoml.codecs.codec import Codec
from byoml.request_errors import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OctetStreamCodec"]

_TYPE = "application/octet-stream"
_WRITABLE = ("bytes; a function `output_fn` may make them of anything",)


class OctetStreamCodec(Codec):
    """Hands the body over as bytes, and writes bytes as they are; they are never unpickled."""

    # The second is what SageMaker's DataSerializer calls the bytes of a file.
    content_types: ClassVar[tuple[str, ...]] = (_TYPE, "file-path/raw-bytes")

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> bytes:
        return body

    def encode(self, value: object) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise NotAcceptable(_TYPE, _WRITABLE, f"the prediction is a {type(value).__name__}")
        return bytes(value)
