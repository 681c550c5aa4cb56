"""Which members of a tar file are safe to unpack; the same on every Python, with or without tarfile's own filters."""

from __future__ import annotations

import os
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["UnsafeMemberError", "checked"]


class UnsafeMemberError(tarfile.TarError):
    """A member would leave the folder that it is unpacked to, or is no file, folder or link."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"member {name!r} {reason}")


def checked(member: tarfile.TarInfo, target: Path) -> tarfile.TarInfo:
    """Check a member right before it is unpacked, and take owner and special modes off it.

    Args:
        member: A member of an archive whose earlier members lie in the target.
        target: The folder.

    Returns:
        The member.

    Raises:
        UnsafeMemberError: It is absolute, leaves the target, goes through a link, or is a device or a fifo.
    """
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        raise UnsafeMemberError(member.name, "is a device or a fifo")
    _check_place(member.name, member.name, target)
    if member.islnk():
        _check_place(member.name, member.linkname, target)
    if member.issym() and _leaves(PurePosixPath(member.name).parent, PurePosixPath(member.linkname)):
        raise UnsafeMemberError(member.name, f"is a link to {member.linkname!r}, which leaves the folder")
    member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
    member.mode = member.mode & 0o755 | 0o600
    return member


def _check_place(name: str, path: str, target: Path) -> None:
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts:
        raise UnsafeMemberError(name, f"lies at {path!r}, outside of the folder")
    parent = target.resolve() / place.parent
    if parent.resolve() != parent:
        raise UnsafeMemberError(name, f"lies at {path!r}, behind a link")


def _leaves(folder: PurePosixPath, link: PurePosixPath) -> bool:
    """Tell whether a link leaves the root; `..` may only lead, as behind a name it goes wherever that name links to."""
    ups = next((index for index, part in enumerate(link.parts) if part != ".."), len(link.parts))
    return link.is_absolute() or ups > len(folder.parts) or ".." in link.parts[ups:]
