"""The outputs: a file `<input>.out` for each input, there when it is whole and never before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from byoml.local.transform.splitting import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Output", "inputs", "output_of"]


def inputs(path: Path, output: Path) -> list[Path]:
    """List the files of a transform.

    Args:
        path: A file or a folder.
        output: The folder of its outputs, which may lie in it.

    Returns:
        The files, sorted by their names.
    """
    if path.is_file():
        return [path]
    ours = output.resolve()
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.resolve().is_relative_to(ours))


def output_of(file: Path, path: Path, output: Path) -> Path:
    """Name the output of an input.

    Args:
        file: The input.
        path: The transform's input: that file, or a folder above it.
        output: The folder of the outputs.

    Returns:
        The output; folders below the input are folders below the output.
    """
    relative = Path(file.name) if file == path else file.relative_to(path)
    return output / relative.parent / f"{relative.name}.out"


class Output:
    """One output in the making.

    Args:
        path: Where it will be; what is there from before is gone at once, so that it is never taken for this one.
        by_line: A newline ends each answer.
    """

    def __init__(self, path: Path, *, by_line: bool) -> None:
        self.path = path
        self._by_line = by_line
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
        self._file = self._partial.open("wb")

    def answer(self, body: IO[bytes]) -> None:
        """Append an answer as it came; one that ends its last line itself gets no second newline."""
        last = b""
        while piece := body.read(PIECE):
            self._file.write(piece)
            last = piece
        if self._by_line and not last.endswith(b"\n"):
            self._file.write(b"\n")

    def records(self, lines: Iterable[bytes]) -> None:
        """Append records, a line each."""
        for line in lines:
            self._file.write(line)
            self._file.write(b"\n")

    def finish(self) -> None:
        """Put it in its place."""
        self._file.close()
        self._partial.replace(self.path)

    def discard(self) -> None:
        """Leave nothing of it."""
        self._file.close()
        self._partial.unlink(missing_ok=True)
