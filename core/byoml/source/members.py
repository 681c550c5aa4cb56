"""Which members of a tar or zip file are safe to unpack; the same with and without tarfile's own filters."""

from __future__ import annotations

import os
import stat
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

__all__ = ["UnsafeMemberError", "checked", "checked_zip", "mode_of"]

_MODE_SHIFT = 16  # where a zip file made on Unix keeps the mode
_ENCRYPTED = 1


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


def checked_zip(member: zipfile.ZipInfo, target: Path) -> str:
    """Check a member of a zip file right before it is unpacked.

    Args:
        member: A member of an archive whose earlier members lie in the target.
        target: The folder.

    Returns:
        Where it goes, relative to the target.

    Raises:
        UnsafeMemberError: It is absolute, leaves the target, lies behind a link, is no file or folder, or encrypted.
    """
    kind = stat.S_IFMT(member.external_attr >> _MODE_SHIFT)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise UnsafeMemberError(member.filename, "is a link, a device or a fifo")
    if member.flag_bits & _ENCRYPTED:
        raise UnsafeMemberError(member.filename, "is encrypted")
    _check_place(member.filename, member.filename, target)
    return member.filename


def mode_of(member: zipfile.ZipInfo) -> int:
    """Tell a member's mode, without special bits; 0o644 where the archive has none."""
    mode = member.external_attr >> _MODE_SHIFT
    return (mode & 0o755 | 0o600) if mode else 0o644
