"""The words of Markdown that the pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["code", "page", "table"]


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *((f"`{name}`", *rest) for name, *rest in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def page(parts: Iterable[str]) -> str:
    head, *rest = parts
    note = "<!-- Written by tools/make_reference.py. -->"
    return "\n\n".join([head, note, *rest]) + "\n"
