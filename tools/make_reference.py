"""Write docs/reference from the code, or say where the two differ.

Usage: python tools/make_reference.py [--check] [PAGE ...]

Signatures, help texts, names and defaults come from the code; what a variable means is written by hand in its row of
docs/reference/environment-variables.md, and kept.
"""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from reference.commands import cli
from reference.conformance import conformance
from reference.content_types import content_types
from reference.hooks import hooks
from reference.tree import REFERENCE
from reference.variables import UNKNOWN, environment_variables

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "conformance.md": conformance,
    "content-types.md": content_types,
    "environment-variables.md": environment_variables,
    "hooks.md": hooks,
}


def main(args: list[str]) -> int:
    """Write or check pages.

    Args:
        args: `--check` and the names of pages; all where none is named.

    Returns:
        0, or 1 where a checked page is not as it should be.
    """
    check = "--check" in args
    faults = 0
    for name in [arg for arg in args if arg != "--check"] or list(PAGES):
        page, text = REFERENCE / name, PAGES[name]()
        now = page.read_text("utf-8") if page.is_file() else ""
        if check:
            faults += _differs(name, now, text)
        else:
            page.write_text(text, encoding="utf-8")
    return 1 if faults else 0


def _differs(name: str, now: str, text: str) -> bool:
    difference = list(difflib.unified_diff(now.splitlines(), text.splitlines(), f"{name} as it is", "as it should be"))
    undescribed = [line for line in text.splitlines() if UNKNOWN in line]
    for line in [*difference, *(f"has no meaning: {line}" for line in undescribed)]:
        sys.stdout.write(line.rstrip("\n") + "\n")
    return bool(difference or undescribed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
