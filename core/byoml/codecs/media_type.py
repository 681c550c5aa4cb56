"""Content-Type and Accept headers, as RFC 9110 writes them."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["ANY", "MediaType", "best_offer", "parse_accept", "parse_media_type"]

ANY = "*/*"
# What stands between separators that are not quoted; a quote without its end reaches to the end of the header. No part
# can fail late, so that a hostile header costs no more than its length.
_PARTS = {mark: re.compile(rf'(?:"(?:[^"\\]|\\.?)*"?|[^"{mark}])+') for mark in ",;"}


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

    @property
    def quality(self) -> float:
        """How much it is wanted, from 0 to 1; what is no number counts as 1, as if it were not said."""
        try:
            said = float(self.parameters.get("q", "1"))
        except ValueError:
            return 1.0
        return 1.0 if math.isnan(said) else min(max(said, 0.0), 1.0)


@lru_cache(maxsize=256)
def parse_media_type(header: str) -> MediaType:
    """Parse one media type.

    Args:
        header: Such as `Text/CSV; charset="utf-8"`.

    Returns:
        The type; quotes around parameter values are taken off.
    """
    essence, *rest = _PARTS[";"].findall(header) or [""]
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
    ranges = (kind for kind in _ranges(header) if kind.quality > 0)
    return tuple(sorted(ranges, key=lambda kind: -kind.quality))


@lru_cache(maxsize=256)
def best_offer(header: str, offers: tuple[str, ...]) -> str | None:
    """Choose among types as an Accept header weighs them: what names a type most closely says its weight.

    Args:
        header: A comma list, with or without q-values and wildcards.
        offers: The types that can be made, most natural first.

    Returns:
        The one that is wanted most, earlier ones of the header first among equals; None where none is wanted.
    """
    ranges = _ranges(header)
    weighed = []
    for offer in offers:
        matching = [(index, kind) for index, kind in enumerate(ranges) if kind.matches(offer)]
        if matching:
            index, closest = min(matching, key=lambda pair: pair[1].essence.count("*"))
            weighed.append((-closest.quality, index, offer))
    best = min(weighed, key=lambda item: item[:2], default=(0.0, 0, None))
    return best[2] if best[0] < 0 else None


def _ranges(header: str) -> list[MediaType]:
    return [parse_media_type(part) for part in _PARTS[","].findall(header) if part.strip()]
