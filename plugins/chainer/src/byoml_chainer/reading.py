"""The body of a request, as an array that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import parse_media_type
from byoml.plugin.image_arrays import scaled
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    import numpy as np
    from byoml.codecs import Codecs
    from numpy.typing import NDArray

__all__ = ["IMAGES", "TABLES", "read"]

IMAGES = ("image/png", "image/jpeg")
TABLES = ("application/json", "text/csv")
_NUMBERS = "biuf"


def read(body: bytes, content_type: str, codecs: Codecs) -> NDArray[Any]:
    """Decode a body.

    Args:
        body: As it came.
        content_type: The request's.
        codecs: All codecs.

    Returns:
        A picture as 1 x channels x height x width, float32 of 0..1; JSON and CSV as float32; an npy array as it is, its
        floating-point numbers as float32. At least one value.

    Raises:
        MalformedPayload: It is not what its content type says, or holds no numbers.
    """
    essence = parse_media_type(content_type).essence
    decoded = codecs.decode(body, content_type)
    if essence in IMAGES:
        return scaled(decoded.transpose(2, 0, 1)[None])
    array = _numbers(decoded, content_type)
    # What is written as text says nothing of how wide its numbers are.
    return array.astype("float32", copy=False) if array.dtype.kind == "f" or essence in TABLES else array


def _numbers(decoded: object, content_type: str) -> NDArray[np.generic]:
    import numpy as np

    try:
        array = np.asarray(decoded)
    except ValueError:
        raise MalformedPayload(content_type, "its lists have different lengths") from None
    if array.dtype.kind not in _NUMBERS or not array.size or not array.ndim:
        found = f"found {type(decoded).__name__} of shape {array.shape} and dtype {array.dtype}"
        raise MalformedPayload(content_type, f"{found}; it must be an array of numbers, at least one")
    return array
