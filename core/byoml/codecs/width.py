"""How many columns a body's rows have, where the content type says so: sparse rows cannot say it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["width_of"]

_DIGITS = 12


def width_of(parameters: Mapping[str, str], content_type: str) -> int | None:
    """Read the parameter `width`.

    Args:
        parameters: The content type's.
        content_type: The type itself, for the error.

    Returns:
        The number of columns, None where nothing is said.

    Raises:
        MalformedPayload: It is no whole number from 1.
    """
    width = parameters.get("width")
    if width is None:
        return None
    if not (width.isascii() and width.isdigit() and int(width[:_DIGITS])):
        reason = f"the parameter width of the content type is {width!r}; it must be a whole number from 1"
        raise MalformedPayload(content_type, reason)
    return int(width[:_DIGITS])
