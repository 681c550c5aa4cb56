"""Bring the submit directory to the code folder (contract/training 4.2)."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.errors import SourceError
from byoml.source.archive import CODE_LIMIT_BYTES, looks_like_archive, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["fetch", "unpack"]

_log = logging.getLogger("byoml.source")
_S3 = "s3://"
_FILE = "file://"
# The one name that SDKs give to a packed source folder.
_PACKED = "sourcedir.tar.gz"


def fetch(uri: str | None, code_dir: Path, environ: Mapping[str, str] | None = None) -> None:
    """Lay the submit directory over the code folder; its files win over what an image left there.

    Args:
        uri: A folder, a tar or zip file, or any other file, as a path, a `file://` URI or an `s3://` URI (where a
            folder is a prefix); a folder with nothing but `sourcedir.tar.gz` is what that holds. None: the code folder
            is used as it is.
        code_dir: `/opt/ml/code`.
        environ: Where S3 is and who we are there; read for `s3://` alone.

    Raises:
        SourceError: It is absent, of an unknown kind, cannot be had from S3, or no safe archive.
        ExtraMissingError: It is on S3, and boto3 is not installed.
        S3SettingError: It is on S3, and what the environment says about S3 cannot be used.
    """
    if uri is None:
        return
    if uri.startswith(_S3):
        _fetch_from_s3(uri, code_dir, environ or {})
        return
    if "://" in uri and not uri.startswith(_FILE):
        raise SourceError(uri, "only folders, files and s3:// URIs can be fetched")
    source = Path(uri.removeprefix(_FILE))
    if not source.exists():
        raise SourceError(uri, "there is no such folder or file")
    _lay(uri, source, code_dir)


def _fetch_from_s3(uri: str, code_dir: Path, environ: Mapping[str, str]) -> None:
    import tempfile

    from byoml.source.s3 import download

    with tempfile.TemporaryDirectory(prefix="byoml-source-") as folder:
        _lay(uri, download(uri, Path(folder), environ), code_dir)


def _lay(uri: str, source: Path, code_dir: Path) -> None:
    if source.is_dir() and code_dir.exists() and source.samefile(code_dir):
        return
    if code_dir.is_dir() and any(code_dir.iterdir()):
        _log.info("%s is not empty: the files of %s are laid over it and win", code_dir, uri)
    if source.is_dir() and [path.name for path in source.iterdir()] == [_PACKED]:
        source = source / _PACKED
    if source.is_dir():
        _copy_folder(uri, source, code_dir)
    elif looks_like_archive(source):
        _unpack(uri, source, code_dir)
    else:
        _copy_file(uri, source, code_dir)


def _unpack(uri: str, archive: Path, code_dir: Path) -> None:
    """Unpack, and let an error name the archive as the user named it, not a copy that is gone by then."""
    try:
        unpack(archive, code_dir, CODE_LIMIT_BYTES)
    except SourceError as error:
        raise SourceError(uri, error.reason) from None


def _copy_folder(uri: str, source: Path, code_dir: Path) -> None:
    if code_dir.resolve().is_relative_to(source.resolve()):
        raise SourceError(uri, f"it holds the code folder {code_dir} itself")
    try:
        shutil.copytree(source, code_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    except OSError as error:  # shutil.Error too, such as for a link to nothing
        raise SourceError(uri, f"cannot be copied: {error}") from None


def _copy_file(uri: str, source: Path, code_dir: Path) -> None:
    try:
        code_dir.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, code_dir)
    except OSError as error:
        raise SourceError(uri, f"cannot be copied: {error}") from None
