"""Content-Type and Accept headers, as RFC 9110 writes them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["ANY", "MediaType", "parse_accept", "parse_media_type"]

ANY = "*/*"


class MediaType(NamedTuple):
    """A media type and its parameters, names and type in lower case."""

    essence: str
    parameters: dict[str, str]

    def matches(self, essence: str) -> bool:
        if self.essence in (ANY, essence):
            return True
        kind, _, subtype = self.essence.partition("/")
        return subtype == "*" and essence.startswith(kind + "/")

    @property
    def concrete(self) -> bool:
        return "*" not in self.essence


@lru_cache(maxsize=256)
def parse_media_type(header: str) -> MediaType:
    """Parse one media type.

    Args:
        header: Such as `Text/CSV; charset="utf-8"`.

    Returns:
        The type; quotes around parameter values are taken off.
    """
    essence, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest if part.strip())
    parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    return MediaType(essence.strip().lower(), parameters)


@lru_cache(maxsize=256)
def parse_accept(header: str) -> tuple[MediaType, ...]:
    """Parse an Accept header.

    Args:
        header: A comma list, with or without q-values.

    Returns:
        The wanted types, most wanted first, in the given order among equals; those with q=0 are left out.
    """
    wanted = [parse_media_type(part) for part in header.split(",") if part.strip()]
    weighed = [(_quality(kind), kind) for kind in wanted]
    return tuple(kind for quality, kind in sorted(weighed, key=lambda pair: -pair[0]) if quality > 0)


def _quality(kind: MediaType) -> float:
    try:
        return float(kind.parameters.get("q", "1"))
    except ValueError:
        return 1.0
