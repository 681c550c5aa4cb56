"""Unpack tar and zip files without letting any member leave the target, or fill the disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from byoml.errors import SourceError

if TYPE_CHECKING:
    import tarfile
    import zipfile
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["CODE_LIMIT_BYTES", "looks_like_archive", "unpack"]

#: What a submit directory may hold unpacked; the SDKs mean it for source files, and data comes through channels.
CODE_LIMIT_BYTES = 16 * 2**30
_MEMBERS = 1_000_000
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_STARTS = (*_ZIP_STARTS, b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_TAR_MAGIC = slice(257, 262)
_HEAD_BYTES = 512


def looks_like_archive(path: Path) -> bool:
    """Tell an archive from a file that is the code itself, by its name or by how it starts."""
    head = _head(path)
    return path.name.lower().endswith(_SUFFIXES) or head.startswith(_STARTS) or head[_TAR_MAGIC] == b"ustar"


def unpack(archive: Path, target: Path, limit_bytes: int | None = None) -> None:
    """Unpack a tar or zip file.

    Args:
        archive: The file: a tar file of any compression that Python reads, or a zip file.
        target: The folder; made where it is missing.
        limit_bytes: How much it may hold unpacked, None: as much as the disk has free.

    Raises:
        SourceError: It is neither, is cut short, holds a member that is not safe, or holds more than the limit.
    """
    import lzma
    import tarfile
    import zipfile
    import zlib

    # zipfile raises the last two for a password and for a compression that it does not know
    broken = (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError, RuntimeError)
    try:
        target.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(target).free
        budget = _Budget(free if limit_bytes is None else min(free, limit_bytes))
        if _head(archive).startswith(_ZIP_STARTS):
            _unzip(archive, target, budget)
        else:
            _untar(archive, target, budget)
    except broken as error:
        raise SourceError(str(archive), f"cannot be unpacked: {error}") from None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:  # who opens it next tells why
        return b""


class _Budget:
    """Counts what is unpacked before it is: a small archive may say that it holds terabytes, and be right."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._left = limit_bytes
        self._members = 0

    def spend(self, size: int) -> None:
        self._left -= size
        self._members += 1
        if self._left < 0:
            raise OSError(f"it holds more than {self._limit / 2**30:.1f} GiB, the most that there is room for")
        if self._members > _MEMBERS:
            raise OSError(f"it holds more than {_MEMBERS:,} members")


def _untar(archive: Path, target: Path, budget: _Budget) -> None:
    import tarfile

    from byoml.source.members import checked

    def members(tar: Iterable[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
        for member in tar:
            budget.spend(member.size)
            yield checked(member, target)

    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.3 and older ones of some systems have none
            tar.extractall(target, members(tar), filter="data")
        else:
            tar.extractall(target, members(tar))  # noqa: S202  each member is checked


def _unzip(archive: Path, target: Path, budget: _Budget) -> None:
    import zipfile

    from byoml.source.members import checked_zip

    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            budget.spend(member.file_size)
            _extract(packed, member, target / checked_zip(member, target))


def _extract(packed: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    from byoml.source.members import mode_of

    if member.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():  # an image may have left one here; what is submitted takes its place
        place.unlink()
    with packed.open(member) as content, place.open("wb") as file:
        shutil.copyfileobj(content, file)
    place.chmod(mode_of(member))
