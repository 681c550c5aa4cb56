"""How installed plugins are found."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest
from byoml.plugin.discovery import find_plugins, may_hold

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("group", ["console_scripts", "pytest11"])
def test_it_finds_what_the_standard_library_finds(group: str) -> None:
    """The look beforehand hides nothing."""
    expected = {(entry.name, entry.value) for entry in entry_points(group=group)}
    assert {(entry.name, entry.value) for entry in find_plugins(group)} == expected != set()


def _distribution(folder: Path, text: str) -> None:
    (folder / "some-1.0.dist-info").mkdir(parents=True)
    (folder / "some-1.0.dist-info/entry_points.txt").write_text(text)


def test_only_a_folder_with_the_group_may_hold_it(tmp_path: Path) -> None:
    """Other groups, other folders and folders that are not there do not count; an archive always may."""
    _distribution(tmp_path / "with", "[console_scripts]\na = b:c\n[byoml]\nx = y\n")
    _distribution(tmp_path / "without", "[console_scripts]\nbyoml = byoml.cli:main\n")
    (tmp_path / "archive.zip").write_bytes(b"")
    assert may_hold("byoml", [str(tmp_path / "absent"), str(tmp_path / "with")])
    assert not may_hold("byoml", [str(tmp_path / "absent"), str(tmp_path / "without"), str(tmp_path)])
    assert may_hold("byoml", [str(tmp_path / "archive.zip")])


def test_without_plugins_the_library_that_reads_metadata_is_not_loaded(tmp_path: Path) -> None:
    """It would be a sixth of all that a start takes."""
    code = f"""
import sys
sys.path[:] = [{str(tmp_path)!r}]
from byoml.plugin.discovery import find_plugins
assert find_plugins("byoml") == []
assert "importlib.metadata" not in sys.modules
"""
    package = "import sys, byoml.plugin.discovery\nfor name in ('importlib.metadata',): sys.modules.pop(name, None)\n"
    subprocess.run([sys.executable, "-c", package + code], check=True)
