"""Do what a page says, in Python: its files are laid down, its code runs in order, its prints are what it shows.

A block with a path after the language is a file. One with a mark there, such as ```python v2, is code, all in one
namespace; ```output v2 is what the code before it printed. ```console is a command line.
"""

from __future__ import annotations

import functools
import io
import re
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Reader"]

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block of a page."""

    language: str
    mark: str
    text: str
    line: int


class Reader:
    """Somebody who does what a page says, in the current folder.

    Args:
        page: The page.
        words: What is written otherwise than the page has it, such as the name of an image.
    """

    def __init__(self, page: Path, words: Mapping[str, str]) -> None:
        self._page = page
        self._words = words
        self._printed = io.StringIO()
        # The containers' lines, which the SDK prints as well, are not the page's.
        self.namespace: dict[str, Any] = {"print": functools.partial(print, file=self._printed)}

    def lay_files(self, folder: Path) -> None:
        """Write the page's files."""
        for block in self._blocks():
            if block.language not in ("output", "console") and re.search(r"[./]|^[A-Z]", block.mark):
                path = folder / block.mark
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._reworded(block.text), encoding="utf-8")

    def follow(self, mark: str) -> int:
        """Run the blocks of one mark; returns how many outputs were compared."""
        compared = 0
        for block in self._blocks():
            if block.mark == mark and block.language == "output":
                assert self._printed.getvalue() == block.text, f"line {block.line} of {self._page.name}"
                self._printed.seek(0)
                self._printed.truncate()
                compared += 1
            elif block.mark == mark and block.language == "console":
                self._type(block)
            elif block.mark == mark:
                # With the page's line numbers, should it raise.
                text = "\n" * block.line + self._reworded(block.text)
                exec(compile(text, str(self._page), "exec"), self.namespace)  # noqa: S102  it is what the page is for
        return compared

    def _type(self, block: Block) -> None:
        for line in self._reworded(block.text).splitlines():
            command = line.removeprefix("$ ")
            ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
            assert ended.returncode == 0, f"{command}\n{ended.stderr}"

    def _blocks(self) -> list[Block]:
        text = self._page.read_text("utf-8")
        return [
            Block(found[1], found[2] or "", found[3], text.count("\n", 0, found.start()) + 1)
            for found in _BLOCK.finditer(text)
        ]

    def _reworded(self, text: str) -> str:
        for word, other in self._words.items():
            text = text.replace(word, other)
        return text
