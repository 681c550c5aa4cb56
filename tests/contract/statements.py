"""Read the statements of the contract pages, each under one stable id.

The scheme, the same for both pages:

* a bullet that carries an id of its own keeps it: ``H-12``, ``C-4``;
* any other bullet or numbered line is ``<section>-<n>``, counted within its section: ``1.3-4``;
* in the lists of known pain the printed number is kept, for it runs on through the sections: ``9.2-8``;
* a table row is ``<section>/r<n>``, counted within its section, headings left out: ``2.4/r1``.

A section is the last heading that has a number. Feature tables and the lists of what was not verified hold no
statements.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PAGES", "Statement", "contract_dir", "statements"]

PAGES = ("training", "inference")

_REPOSITORY = Path(__file__).resolve().parents[2]
_PAIN = {"training": "9", "inference": "7"}
_LEFT_OUT = {"training": frozenset({"10", "10.2"}), "inference": frozenset({"8", "9"})}

_HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? ")
_OWN_ID = re.compile(r"^- ([A-Z]+-\d+) ")
_RULE = re.compile(r"^\|[-| :]+\|$")


class Statement(NamedTuple):
    """One statement of the contract: the id it has in the coverage map, and its text."""

    id: str
    text: str


def contract_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where the contract pages lie: beside the folder that BYOML_SHARED_DATA names.

    Args:
        environ: The environment to read.

    Returns:
        The folder, which need not exist.
    """
    data = Path(environ.get("BYOML_SHARED_DATA", "../shared/data"))
    return (_REPOSITORY / data).parent / "contract"


def statements(page: str, text: str) -> Iterator[Statement]:
    """Yield the statements of one page in their order.

    Args:
        page: ``training`` or ``inference``; the pages differ in which sections count.
        text: The page's Markdown.

    Yields:
        The statements, each with its id.
    """
    section = ""
    counts: dict[str, int] = {}

    def number(separator: str) -> str:
        stem = section + separator
        counts[stem] = counts.get(stem, 0) + 1
        return f"{stem}{counts[stem]}"

    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if heading := _HEADING.match(line):
            section = heading[1]
        elif section in _LEFT_OUT[page]:
            continue
        elif own := _OWN_ID.match(line):
            yield Statement(own[1], line[2:])
        elif line.startswith("- "):
            yield Statement(number("-"), line[2:])
        elif re.match(r"\d+\. ", line):
            pain = section.split(".")[0] == _PAIN[page]
            yield from _pain(section, line) if pain else [Statement(number("-"), line)]
        elif _is_row(line, following):
            yield Statement(number("/r"), line)


def _pain(section: str, line: str) -> Iterator[Statement]:
    """Split a line on which several numbered items stand one after another."""
    rest = line
    item = int(line.split(".", 1)[0])
    while cut := re.search(rf"[.;] (?={item + 1}\. )", rest):
        yield Statement(f"{section}-{item}", rest[: cut.start()])
        rest, item = rest[cut.end() :], item + 1
    yield Statement(f"{section}-{item}", rest)


def _is_row(line: str, following: str) -> bool:
    return line.startswith("|") and not (_RULE.match(line) or _RULE.match(following))
