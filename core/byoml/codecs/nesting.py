"""How deeply a JSON text nests its lists and objects: told from the text, before anything is built of it."""

from __future__ import annotations

import re

__all__ = ["MOST_LEVELS", "too_deep"]

#: An array has at most 64 dimensions, and no request is meant to nest more. Python's own parser stops at a depth that
#: differs between versions (1,000 to many thousands), which code that walks the value by recursion may not bear.
MOST_LEVELS = 100
_TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(text: str, most: int = MOST_LEVELS) -> bool:
    """Tell whether lists and objects are nested deeper than `most` levels; what is no JSON may be told either way."""
    if text.count("[") + text.count("{") <= most:
        return False
    bare = _TEXTS.sub("", text) if '"' in text else text
    brackets = bare.encode(errors="replace").translate(_AS_SQUARE, _OTHERS)
    # Each round takes the innermost level away. A run of opening ones ends it early, so that a hostile body, whose
    # levels are many and thin, costs no more than a round or two.
    for _ in range(most):
        if b"[" * (most + 1) in brackets:
            return True
        left = brackets.replace(b"[]", b"")
        if len(left) == len(brackets):
            return False
        brackets = left
    return bool(brackets)
