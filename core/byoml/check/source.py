"""The Python files that a program consists of: parsed, never run."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Source", "read_program"]


@dataclass(frozen=True)
class Source:
    """One file.

    Args:
        path: As the user would name it.
        tree: What it holds.
    """

    path: Path
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def read_program(path: Path, folder: Path) -> tuple[list[Source], list[Finding]]:
    """Parse a program and all that it imports of its folder, through however many files.

    Args:
        path: The program.
        folder: The source folder, where imports are looked for as well as beside the program.

    Returns:
        The files, the program first; and an error for each that does not parse.
    """
    waiting, seen = [path], {path}
    sources: list[Source] = []
    findings: list[Finding] = []
    while waiting:
        source = _parse(waiting.pop(0))
        if isinstance(source, Finding):
            findings.append(source)
            continue
        sources.append(source)
        for found in _imported(source, path.parent, folder):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return sources, findings


def _parse(path: Path) -> Source | Finding:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Source(path, ast.parse(path.read_bytes(), str(path)))
    except SyntaxError as error:
        return Finding.error(f"{path}:{error.lineno or 1}", f"does not parse: {error.msg}")
    except (ValueError, RecursionError, OSError) as error:  # ValueError: zero bytes
        return Finding.error(path, f"cannot be read as Python: {error}")


def _imported(source: Source, *roots: Path) -> Iterator[Path]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(alias.name, roots)
        elif isinstance(node, ast.ImportFrom):
            bases = (source.path.parents[node.level - 1],) if 0 < node.level <= len(source.path.parents) else roots
            names = [".".join(filter(None, (node.module, alias.name))) for alias in node.names]
            for name in filter(None, (node.module, *names)):
                yield from _files(name, bases)


def _files(name: str, roots: tuple[Path, ...]) -> Iterator[Path]:
    for root in roots:
        place = root.joinpath(*name.split("."))
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file():
                yield file
                return
