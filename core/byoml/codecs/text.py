"""What the textual codecs share: from bytes to text, and from texts to an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["as_text_array", "decode_text"]

# Characters. Each cell of an array of texts is as wide as the widest: one long text among many would take all memory.
_MOST = 2**24


def decode_text(body: bytes, parameters: Mapping[str, str], content_type: str) -> str:
    """Decode a body by its charset, UTF-8 where none is said; a byte order mark is dropped.

    Args:
        body: As it came.
        parameters: The content type's parameters.
        content_type: The bare content type, for the error.

    Returns:
        The text.

    Raises:
        MalformedPayload: There is no such charset, or the bytes are not of it.
    """
    charset = parameters.get("charset") or "utf-8"
    try:
        return body.decode(charset).removeprefix("\ufeff")
    except LookupError:
        raise MalformedPayload(content_type, f"there is no charset {charset!r}; utf-8 is read by default") from None
    except ValueError as error:
        raise MalformedPayload(content_type, f"{error}; the charset parameter names another encoding") from None


def as_text_array(texts: NDArray[np.object_]) -> NDArray[Any]:
    """Make an array of texts: of numpy's fixed width, or of Python's own where the width would waste memory.

    Args:
        texts: An array whose elements are all texts.

    Returns:
        The same texts in the same shape.
    """
    widest = max((len(str(text)) for text in texts.flat), default=0)
    return texts.astype(str) if widest * texts.size <= _MOST else texts
