"""A file cut into the spans that requests carry; nothing of it is kept in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from byoml.local.transform.errors import RecordTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PIECE", "Span", "split"]

PIECE = 256 * 1024


@dataclass(frozen=True)
class Span:
    """A part of a file.

    Args:
        path: The file.
        start: Its first byte.
        stop: The byte behind its last.
        first: Its first record, one-based.
        count: How many records; one where the file is not split.
        unended: Its last line lacks the newline that the request must have.
    """

    path: Path
    start: int
    stop: int
    first: int = 1
    count: int = 1
    unended: bool = False

    def __str__(self) -> str:
        if self.count == 1:
            return f"{self.path}, record {self.first}"
        return f"{self.path}, records {self.first} to {self.first + self.count - 1}"

    @property
    def length(self) -> int:
        """Bytes that `pieces` gives."""
        return self.stop - self.start + self.unended

    def pieces(self) -> Iterator[bytes]:
        """Read it, as a request carries it."""
        with self.path.open("rb") as file:
            yield from _read(file, self.start, self.stop)
        if self.unended:
            yield b"\n"

    def lines(self) -> Iterator[bytes]:
        """Read its lines, without their ends."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            left = self.stop - self.start
            while left > 0:
                line = file.readline(left)
                if not line:
                    return
                left -= len(line)
                yield line.removesuffix(b"\n").removesuffix(b"\r")


def split(path: Path, *, by_line: bool, several: bool, limit: int) -> Iterator[Span]:
    """Cut a file into requests.

    Args:
        path: The file; an empty one has no record.
        by_line: Each line is a record; else the file is one.
        several: A request carries as many records as fit, else one.
        limit: The bytes of a request, 0 for no limit.

    Yields:
        The spans, in order; a record never lies in two.

    Raises:
        RecordTooLargeError: A record does not fit into a request.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        unended = by_line and size > 0 and _last_byte(file, size) != b"\n"
        start, first = 0, 1
        while start < size:
            if not by_line or (several and (not limit or size + unended - start <= limit)):
                stop = size
            else:
                end = min(start + limit, size) if limit else size
                stop = _last_line_end(file, start, end) if several else _first_line_end(file, start, end)
            if limit and (stop == start or stop + (unended and stop == size) - start > limit):
                raise RecordTooLargeError(path, first, limit)
            last_unended = unended and stop == size
            count = _count_lines(file, start, stop) + last_unended if by_line and several else 1
            yield Span(path, start, stop, first, count, last_unended)
            start, first = stop, first + count


def _last_byte(file: IO[bytes], size: int) -> bytes:
    file.seek(size - 1)
    return file.read(1)


def _first_line_end(file: IO[bytes], start: int, end: int) -> int:
    """Find the end of the line that begins at `start`; `start` where it does not end before `end` and the file."""
    file.seek(start)
    stop = start
    while stop < end:
        line = file.readline(min(PIECE, end - stop))
        stop += len(line)
        if line.endswith(b"\n"):
            return stop
    return start if file.read(1) else stop


def _last_line_end(file: IO[bytes], start: int, end: int) -> int:
    """Find the end of the last whole line before `end`; `start` where there is none."""
    while end > start:
        begin = max(start, end - PIECE)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return start


def _count_lines(file: IO[bytes], start: int, stop: int) -> int:
    return sum(piece.count(b"\n") for piece in _read(file, start, stop))


def _read(file: IO[bytes], start: int, stop: int) -> Iterator[bytes]:
    file.seek(start)
    while start < stop:
        piece = file.read(min(PIECE, stop - start))
        if not piece:
            return
        start += len(piece)
        yield piece
