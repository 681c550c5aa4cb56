"""What a request gets from the engine."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.serving.streaming import Stream

__all__ = ["Answer"]


_NONE: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
    """What a request gets.

    Args:
        body: The bytes, at once or as they are made.
        content_type: A bare media type; clients compare it as text.
        status: 200 unless a function set another.
        headers: What functions added.
    """

    body: bytes | Stream
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = _NONE
