"""Whose the results of a local run are: where root runs it in another user's folder, that user's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["Owner", "hand_back", "make_folder"]


class Owner(NamedTuple):
    """A user and a group, by number."""

    uid: int
    gid: int


def make_folder(folder: Path) -> Owner:
    """Make a folder, and what is missing above it, for whom the nearest parent that was there belongs to.

    Args:
        folder: The folder; it may be there already.

    Returns:
        The owner.
    """
    missing = [path for path in (folder.absolute(), *folder.absolute().parents) if not path.exists()]
    there = missing[-1].parent if missing else folder
    found = there.stat()
    owner = Owner(found.st_uid, found.st_gid)
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        hand_back(path, owner)
    return owner


def hand_back(folder: Path, owner: Owner) -> None:
    """Give a folder and all in it to its owner; links are given, and not what they lead to.

    Args:
        folder: The folder.
        owner: Who gets it; nothing is done unless root gives to somebody else.
    """
    if os.geteuid() != 0 or owner.uid == 0:
        return
    os.chown(folder, *owner)
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(root, name), *owner, follow_symlinks=False)
