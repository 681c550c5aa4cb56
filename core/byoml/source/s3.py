"""Reading from S3: one object, or all objects below a prefix; boto3 is imported here and nowhere else for that."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.errors import ExtraMissingError, S3SettingError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Location", "download", "open_client"]

_log = logging.getLogger("byoml.source")
_CHUNK = 1024 * 1024
_TRIES = 4
_REPORT_SECONDS = 10.0
_CONNECT_SECONDS, _READ_SECONDS = 10, 60
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL", "AWS_ENDPOINT_URL")
_REGIONS = ("AWS_REGION", "SAGEMAKER_REGION", "AWS_DEFAULT_REGION")
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_FORBIDDEN = frozenset({"403", "AccessDenied", "Forbidden", "AllAccessDisabled"})


class Location(NamedTuple):
    """A place on S3."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Location:
        """Take an `s3://` URI apart.

        Raises:
            SourceError: It names no bucket.
        """
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not bucket:
            raise SourceError(uri, "names no bucket; it must be s3://BUCKET/KEY")
        return cls(bucket, key)


def open_client(environ: Mapping[str, str], what: str) -> Any:
    """Make a client for S3.

    Args:
        environ: `AWS_ENDPOINT_URL_S3` or `S3_ENDPOINT_URL` where S3 is not AWS's, `AWS_REGION` or `SAGEMAKER_REGION`,
            and access keys where there are any: else boto3 looks for credentials where it always does.
        what: What it is for, for the error.

    Returns:
        boto3's client.

    Raises:
        ExtraMissingError: boto3 is not installed.
        S3SettingError: It cannot be made from these settings.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise ExtraMissingError(what, "boto3", "s3") from None
    endpoint = next(
        filter(None, map(environ.get, ("AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL", "AWS_ENDPOINT_URL"))), None
    )
    keys = {
        "aws_access_key_id": environ.get("AWS_ACCESS_KEY_ID"),
        "aws_secret_access_key": environ.get("AWS_SECRET_ACCESS_KEY"),
        "aws_session_token": environ.get("AWS_SESSION_TOKEN"),
    }
    # An S3 of one's own seldom has a name for each bucket.
    style = {"addressing_style": "path" if endpoint else "auto"}
    retries = {"mode": "standard", "total_max_attempts": _TRIES}
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name=next((environ[name] for name in _REGIONS if environ.get(name)), None),
            config=Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries=retries, s3=style),
            **({name: value for name, value in keys.items() if value} if keys["aws_access_key_id"] else {}),
        )
    except (BotoCoreError, ValueError) as error:
        raise S3SettingError(what, error) from None


def download(uri: str, folder: Path, environ: Mapping[str, str]) -> Path:
    """Download an object, or where there is none of that name, all objects below it.

    Args:
        uri: An `s3://` URI.
        folder: An empty folder.
        environ: As `open_client` reads it.

    Returns:
        The file, or the folder with the files.

    Raises:
        SourceError: There is nothing, or it cannot be had; it says why.
        ExtraMissingError: boto3 is not installed.
    """
    place = Location.parse(uri)
    client = open_client(environ, f"submit directory {uri!r}")
    with _explained(uri, place):
        if place.key and not place.key.endswith("/"):
            size = _size_of(client, place)
            if size is not None:
                target = folder / PurePosixPath(place.key).name
                _download_all(client, uri, place.bucket, {place.key: target}, size)
                return target
        return _download_below(client, uri, place, folder)


def _size_of(client: Any, place: Location) -> int | None:
    from botocore.exceptions import ClientError

    try:
        size: int = client.head_object(Bucket=place.bucket, Key=place.key)["ContentLength"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    return size


def _download_below(client: Any, uri: str, place: Location, folder: Path) -> Path:
    prefix = f"{place.key.rstrip('/')}/" if place.key else ""  # without the slash it would also match its siblings
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=prefix)
    found = {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", ())}
    targets = {
        key: folder / _checked_name(uri, key, key.removeprefix(prefix)) for key in found if not key.endswith("/")
    }
    if not targets:
        raise SourceError(uri, "there is no such object, and no object below it")
    _download_all(client, uri, place.bucket, targets, sum(found[key] for key in targets))
    return folder


def _checked_name(uri: str, key: str, name: str) -> str:
    if name.startswith("/") or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise SourceError(uri, f"object {key!r} is no name of a file below a folder")
    return name


def _download_all(client: Any, uri: str, bucket: str, targets: Mapping[str, Path], size: int) -> None:
    progress = _Progress(uri, size)
    for key, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        _download_one(client, bucket, key, target, progress)
    progress.done(len(targets))


def _download_one(client: Any, bucket: str, key: str, target: Path, progress: _Progress) -> None:
    """Stream one object in this thread, where a stop can break it off at once; a broken stream is taken up again."""
    from botocore.exceptions import ConnectionError as NetworkError
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    version: dict[str, str] = {}
    with target.open("wb") as file:
        for left in reversed(range(_TRIES)):
            begin = file.tell()
            part = {"Range": f"bytes={begin}-"} if begin else {}
            answer = client.get_object(Bucket=bucket, Key=key, **part, **version)
            version = {"IfMatch": answer["ETag"]}
            try:
                for chunk in answer["Body"].iter_chunks(_CHUNK):
                    file.write(chunk)
                    progress.add(len(chunk))
            except (NetworkError, HTTPClientError, IncompleteReadError):
                if not left:
                    raise
            else:
                return


class _Progress:
    """Says every few seconds how far a long download is."""

    def __init__(self, uri: str, size: int) -> None:
        self._uri = uri
        self._size = size
        self._got = 0
        self._began = self._told = time.monotonic()

    def add(self, count: int) -> None:
        self._got += count
        if time.monotonic() - self._told >= _REPORT_SECONDS:
            self._told = time.monotonic()
            _log.info("%s: %.1f of %.1f MiB downloaded", self._uri, self._got / 2**20, self._size / 2**20)

    def done(self, count: int) -> None:
        seconds = time.monotonic() - self._began
        files = "1 object" if count == 1 else f"{count} objects"
        _log.info("%s: %s downloaded, %.1f MiB in %.1f s", self._uri, files, self._got / 2**20, seconds)


@contextmanager
def _explained(uri: str, place: Location) -> Iterator[None]:
    """Turn what boto3 and the disk raise into one line that names the URI."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise SourceError(uri, _reason(error.response["Error"], place)) from None
    except BotoCoreError as error:
        raise SourceError(uri, f"cannot be had from S3: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise SourceError(uri, f"cannot be stored: {error}") from None


def _reason(error: Mapping[str, str], place: Location) -> str:
    code = error.get("Code", "")
    if code == "NoSuchBucket":
        return f"there is no bucket {place.bucket!r}"
    if code in _FORBIDDEN:
        return (
            "access is denied; the job's role must allow s3:GetObject for the objects, and s3:ListBucket for a prefix"
        )
    return f"S3 answers {code}: {error.get('Message', '')}"
