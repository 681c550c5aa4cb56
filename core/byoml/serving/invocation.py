"""The body of an invocation, as user functions get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.codecs.media_type import parse_media_type
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from byoml.plugin.values import Invocation

__all__ = ["as_sent"]

_TEXT_TYPES = frozenset({"application/json", "text/csv"})


def as_sent(invocation: Invocation) -> str | bytes:
    """Give user functions text for the two media types that AWS's toolkits decode, bytes for the rest (C-2)."""
    kind = parse_media_type(invocation.content_type)
    if kind.essence not in _TEXT_TYPES:
        return invocation.body
    try:
        return invocation.body.decode(kind.parameters.get("charset", "utf-8"))
    except (UnicodeDecodeError, LookupError) as error:
        raise MalformedPayload(invocation.content_type, str(error)) from None
