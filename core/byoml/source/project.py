"""What a code folder says about itself: whether it is a package to install, and what it needs."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from byoml.errors import UnreadableProjectError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["dependencies", "is_package"]

_PROJECT = "pyproject.toml"
# Linters and formatters keep their settings in that file too, which makes no package of the folder.
_BUILDS = re.compile(r"^\s*\[\s*build-system\s*\]", re.MULTILINE)
_NAMES = re.compile(r"^\s*\[\s*project\s*\]", re.MULTILINE)


def is_package(folder: Path) -> bool:
    """Tell whether a folder is a package to install: by `setup.py`, or a `pyproject.toml` that says how to build it."""
    return (folder / "setup.py").is_file() or _BUILDS.search(_text(folder)) is not None


def dependencies(folder: Path) -> list[str]:
    """List what a project that is no package needs, such as one of scripts that uv keeps.

    Args:
        folder: The code folder.

    Returns:
        The dependencies of `pyproject.toml`, each as pip takes it; none for a package, whose installation brings them.

    Raises:
        UnreadableProjectError: The file does not parse, or its dependencies are no list of texts.
    """
    text = _text(folder)
    if is_package(folder) or not _NAMES.search(text):
        return []
    found = _parsed(folder, text).get("project", {}).get("dependencies", [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise UnreadableProjectError(folder / _PROJECT, "project.dependencies must be a list of texts")
    return found


def _text(folder: Path) -> str:
    path = folder / _PROJECT
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _parsed(folder: Path, text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableProjectError(folder / _PROJECT, str(error)) from None
