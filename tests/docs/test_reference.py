"""What docs/reference says is what the code is."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PAGES = ("cli.md", "conformance.md", "content-types.md", "environment-variables.md", "hooks.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_the_code_gives(page: str, root: Path) -> None:
    """Hooks with their signatures, the help of each command, variables and types: all, and as they are."""
    checked = subprocess.run(
        [sys.executable, str(root / "tools/make_reference.py"), "--check", page],
        capture_output=True,
        text=True,
        check=False,
    )

    advice = "`python tools/make_reference.py` writes it anew; a new variable's meaning is yours to write"
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}\n{advice}"


def test_every_page_is_checked(root: Path) -> None:
    """A page of the reference that nothing compares with the code would drift."""
    assert sorted(path.name for path in (root / "docs/reference").iterdir()) == sorted(PAGES)
