"""Bring the submit directory to the code folder."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from byoml.errors import SourceError

__all__ = ["fetch", "unpack"]

_log = logging.getLogger("byoml.source")


def fetch(uri: str | None, code_dir: Path) -> None:
    """Lay the submit directory over the code folder; its files win over what an image left there.

    Args:
        uri: A folder, or a tar file that may be compressed; None: the code folder is used as it is.
        code_dir: `/opt/ml/code`.

    Raises:
        SourceError: It is absent, of an unknown kind, or no safe archive.
    """
    if uri is None:
        return
    source = Path(uri.removeprefix("file://"))
    if "://" in str(uri) and not uri.startswith("file://"):
        raise SourceError(uri, "only folders and tar files of this machine can be fetched by this release")
    if not source.exists():
        raise SourceError(uri, "there is no such folder or file")
    if source.is_dir() and code_dir.exists() and source.samefile(code_dir):
        return
    if code_dir.is_dir() and any(code_dir.iterdir()):
        _log.info("%s is not empty: the files of %s are laid over it and win", code_dir, uri)
    if source.is_dir():
        _copy(source, code_dir)
    else:
        unpack(source, code_dir)


def _copy(source: Path, code_dir: Path) -> None:
    if code_dir.resolve().is_relative_to(source.resolve()):
        raise SourceError(str(source), f"it holds the code folder {code_dir} itself")
    try:
        shutil.copytree(source, code_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    except OSError as error:  # shutil.Error too, such as for a link to nothing
        raise SourceError(str(source), f"cannot be copied: {error}") from None


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar file without letting any member leave the target.

    Args:
        archive: The file, of any compression that Python reads.
        target: The folder; made where it is missing.

    Raises:
        SourceError: It is no tar file, is cut short, or holds a member that is not safe.
    """
    import lzma
    import tarfile
    import zlib

    from byoml.source.members import checked

    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            members = (checked(member, target) for member in tar)
            if hasattr(tarfile, "data_filter"):  # Python 3.11.3 and older ones of some systems have none
                tar.extractall(target, members, filter="data")
            else:
                tar.extractall(target, members)  # noqa: S202  each member is checked
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(str(archive), f"cannot be unpacked: {error}") from None
