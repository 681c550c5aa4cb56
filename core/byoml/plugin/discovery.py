"""Find the installed plugins by their entry points."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

__all__ = ["find_plugins", "may_hold"]

_FILE = "entry_points.txt"
_METADATA = (".dist-info", ".egg-info")


def find_plugins(group: str) -> list[EntryPoint]:
    """Find a group's entry points in all installed distributions.

    The library that reads them is a sixth of what a start takes, and most containers have no plugin at all: so it is
    looked first whether there is anything to read.

    Args:
        group: The group.

    Returns:
        The entry points, sorted by name, as distributions are found in no certain order.
    """
    if not may_hold(group, sys.path):
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group), key=lambda entry: entry.name)


def may_hold(group: str, folders: Iterable[str]) -> bool:
    """Look through the folders' metadata for the group's name.

    Args:
        group: The group.
        folders: As `sys.path`.

    Returns:
        False only where no distribution there can have the group.
    """
    header = f"[{group}]".encode()
    return any(_holds(header, folder or ".") for folder in folders)


def _holds(header: bytes, folder: str) -> bool:
    if os.path.isfile(folder):  # noqa: PTH113  an archive, whose metadata only the library reads; and pathlib costs here
        return True
    try:
        names = [entry.path for entry in os.scandir(folder) if entry.name.endswith(_METADATA)]
    except OSError:  # sys.path names folders that are not there
        return False
    return any(_mentions(header, os.path.join(name, _FILE)) for name in names)  # noqa: PTH118  likewise


def _mentions(header: bytes, path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  likewise
            return header in file.read()
    except OSError:  # no entry points at all
        return False
