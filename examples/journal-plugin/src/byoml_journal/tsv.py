"""`text/tab-separated-values`: rows of numbers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, ClassVar

from byoml.codecs import Codec
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TsvCodec"]


class TsvCodec(Codec):
    """Reads and writes numbers, always as rows of cells."""

    content_types: ClassVar[tuple[str, ...]] = ("text/tab-separated-values",)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        import numpy as np

        if not body.strip():
            raise MalformedPayload(self.content_types[0], "there is no row")
        try:
            return np.loadtxt(io.BytesIO(body), delimiter="\t", ndmin=2, comments=None)
        except ValueError as error:
            raise MalformedPayload(self.content_types[0], str(error)) from None

    def encode(self, value: object) -> bytes:
        import numpy as np

        text = io.StringIO()
        np.savetxt(text, np.atleast_1d(np.asarray(value)), delimiter="\t", fmt="%.9g")
        return text.getvalue().encode()
