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
        shutil.copytree(source, code_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        unpack(source, code_dir)


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar file without letting any member leave the target.

    Args:
        archive: The file, of any compression that Python reads.
        target: The folder; made where it is missing.

    Raises:
        SourceError: It is no tar file, is cut short, or holds a member that is not safe.
    """
    import tarfile

    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SourceError(str(archive), f"cannot be unpacked: {error}") from None
