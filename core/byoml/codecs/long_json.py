"""Long JSON texts, read piece by piece.

Python's parser keeps every other thread waiting until it is through: seconds, for a body of 100 MB, in which the server
could not even answer a ping; and so does the mere copy that makes such bytes a text. Here both are done for a few rows
of a long list at a time, which become arrays as they come; that is quicker too, and takes half the memory. A single row
as long as the text is still read at once.
"""

from __future__ import annotations

import json
import re
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from byoml.codecs.breath import Breath
from byoml.codecs.nesting import MOST_LEVELS, too_deep
from byoml.codecs.regular import array_of, joined_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = ["UnusualError", "read_long"]

# Bytes that are read, and become one array, at once: a millisecond of work.
_BLOCK = 2**15
_MOST_KEYS = 100
_MARK = b"\xef\xbb\xbf"
_BLANKS = re.compile(rb"[ \t\n\r]*")
_BLANK_TEXT = re.compile(r"[ \t\n\r]*")
# What ends an element, by the byte that it begins with; a number, or a name such as true, by a comma alone.
_ENDS = {b"[": b"],", b"{": b"},", b'"': b'",'}
_FOLLOWERS = frozenset(",:]}")


class UnusualError(Exception):
    """The text is not as this reader takes it: it may be no JSON, or nested too deeply. Python's parser tells."""


def read_long(body: bytes, block: int = _BLOCK) -> Any:
    """Read one JSON text that is a list or an object.

    Args:
        body: All of it, in UTF-8; a byte order mark is dropped.
        block: Bytes that are read at once.

    Returns:
        What `JsonCodec` promises: an array for a regular list of one kind; else plain Python.

    Raises:
        UnusualError: It must be read otherwise.
    """
    reader = _Reader(body, block)
    try:
        at = reader.skip(len(_MARK) if body.startswith(_MARK) else 0)
        value, end = reader.object(at) if body.startswith(b"{", at) else reader.array(at)
    except (ValueError, RecursionError):
        raise UnusualError from None
    if reader.skip(end) != len(body):
        raise UnusualError
    return value


class _Reader:
    """Reads parts of one text; each method takes where its part begins, and tells where it ends."""

    def __init__(self, body: bytes, block: int) -> None:
        self._body = body
        self._block = block
        self._scan: Callable[[str, int], tuple[Any, int]] = cast("Any", JSONDecoder()).scan_once

    def skip(self, at: int) -> int:
        found = _BLANKS.match(self._body, at)
        return found.end() if found else at

    def array(self, at: int) -> tuple[Any, int]:
        """Read a list as an array of numbers or of booleans; where it turns out to be none, read it once more."""
        parts: list[NDArray[Any]] = []
        rows: list[Any] = []
        begun = end = at + 1
        for some, _, end in self._pieces(at):
            rows += some
            if end - begun >= self._block:
                if not _made_array(rows, parts):
                    return self._no_numbers(at)
                rows, begun = [], end
        if (rows or not parts) and not _made_array(rows, parts):
            return self._no_numbers(at)
        whole = joined_arrays(parts)
        return self._no_numbers(at) if whole is None else (whole, self._after(end, b"]"))

    def _no_numbers(self, at: int) -> tuple[Any, int]:
        values, end = self._list(at, MOST_LEVELS)
        return array_of(values), end

    def object(self, at: int) -> tuple[dict[str, Any], int]:
        """Read an object of not too many keys; the lists in it stay lists."""
        found: dict[str, Any] = {}
        at = self._after(at, b"{")
        if self._body.startswith(b"}", at):
            return found, at + 1
        for _ in range(_MOST_KEYS):
            (key,), _, end = self._scanned(at, 1)
            if not isinstance(key, str):
                raise UnusualError
            at = self._after(end, b":")
            read = self._list if self._body.startswith(b"[", at) else self._single
            found[key], end = read(at, MOST_LEVELS - 1)
            at = self.skip(end)
            if self._body.startswith(b"}", at):
                return found, at + 1
            at = self._after(at, b",")
        raise UnusualError

    def _list(self, at: int, levels: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        end = at + 1
        for some, text, after in self._pieces(at):
            if too_deep(text, levels - 1):
                raise UnusualError
            values += some
            end = after
        return values, self._after(end, b"]")

    def _single(self, at: int, levels: int) -> tuple[Any, int]:
        (value,), text, end = self._scanned(at, 1)
        if too_deep(text, levels):
            raise UnusualError
        return value, end

    def _pieces(self, at: int) -> Iterator[tuple[list[Any], str, int]]:
        """Give the elements of a list, many together, with their text and where they end."""
        at = self._after(at, b"[")
        if self._body.startswith(b"]", at):
            return
        mark = _ENDS.get(self._body[at : at + 1], b",")
        guess, breath = True, Breath()
        while True:
            breath.take()
            piece = self._guessed(at, mark) if guess else None
            if piece is None:
                guess = False
                piece = self._scanned(at)
            yield piece
            at = self.skip(piece[2])
            if self._body.startswith(b"]", at):
                return
            at = self._after(at, b",")

    def _guessed(self, at: int, mark: bytes) -> tuple[list[Any], str, int] | None:
        """Cut behind what may be the end of an element, a block further on, and see whether whole elements are left.

        Whatever parses is right: a list of values, a comma and another list of values are one list of values.
        """
        cut = self._body.find(mark, at + self._block)
        if cut < 0:
            return None
        end = cut + len(mark) - 1
        text = self._body[at:end].decode()
        try:
            values: list[Any] = json.loads(f"[{text}]")
        except ValueError:
            return None
        return (values, text, end) if values else None

    def _scanned(self, at: int, most: int | None = None) -> tuple[list[Any], str, int]:
        """Read the elements that lie within the next block, at least one, however long it is."""
        size = self._block
        while True:
            text = self._text(at, at + size)
            values, length = self._elements(text, most)
            if values:
                read = text[:length]
                return values, read, at + (length if read.isascii() else len(read.encode()))
            if at + size >= len(self._body):
                raise UnusualError
            size *= 4

    def _elements(self, text: str, most: int | None) -> tuple[list[Any], int]:
        """Read elements up to one whose end cannot be seen; tell where the last one ends."""
        values: list[Any] = []
        end = at = 0
        while len(values) != most:
            try:
                value, after = self._scan(text, at)
            except (StopIteration, ValueError):
                break
            at = _skip(text, after)
            if text[at : at + 1] not in _FOLLOWERS:
                break
            values.append(value)
            end = after
            if text[at] != ",":
                break
            at = _skip(text, at + 1)
        return values, end

    def _text(self, at: int, end: int) -> str:
        """Decode a part, up to where a character begins."""
        while end < len(self._body) and end > at and self._body[end] & 0xC0 == 0x80:  # noqa: PLR2004  UTF-8
            end -= 1
        return self._body[at:end].decode()

    def _after(self, at: int, byte: bytes) -> int:
        """Pass a byte that must be the next but blanks, and the blanks that follow it."""
        at = self.skip(at)
        if not self._body.startswith(byte, at):
            raise UnusualError
        return self.skip(at + 1)


def _skip(text: str, at: int) -> int:
    found = _BLANK_TEXT.match(text, at)
    return found.end() if found else at


def _made_array(rows: list[Any], parts: list[NDArray[Any]]) -> bool:
    """Add rows to the parts as an array; False where they make none of numbers or booleans."""
    part = array_of(rows)
    if not isinstance(part, np.ndarray) or part.dtype.kind not in "bif":
        return False
    parts.append(part)
    return True
