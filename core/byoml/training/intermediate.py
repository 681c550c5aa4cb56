"""Upload what the program writes to `output/intermediate` while it runs (contract/training 6.6).

The folder is looked through every few seconds: so a file that was renamed into place, appended to, or there before
counts like any other, on every file system.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.child import Stopped
from byoml.errors import ExtraMissingError, SettingError
from byoml.road import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.child import Stopper
    from byoml.environment.training_env import TrainingEnv

__all__ = ["uploading"]

_log = logging.getLogger("byoml.training")
_HYPERPARAMETER = "sagemaker_s3_output"
_SECONDS = "BYOML_INTERMEDIATE_SECONDS"
_PER_HOST = "BYOML_INTERMEDIATE_PER_HOST"
_LOOK_SECONDS = 2.0
_LONGEST_PAUSE = 60.0
# A file that never rests, such as a log, is uploaded all the same after so many looks.
_PATIENCE = 10
_LAST_FAILURES = 3


@contextmanager
def uploading(env: TrainingEnv, stopper: Stopper) -> Iterator[None]:
    """Upload until the block ends, then what is left.

    It starts only where `sagemaker_s3_output` is an `s3://` URI and the folder is not there yet: a folder that is
    there is one that the platform uploads. The folder is made in any case, for programs that write to it.

    Args:
        env: The job.
        stopper: Tells how much time is left for the last files once a stop was asked for.

    Raises:
        SettingError: `sagemaker_s3_output` is neither an `s3://` nor a `file://` URI.
    """
    folder = env.paths.output_intermediate
    uploader = None if folder.exists() else _uploader(env)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("%s cannot be made (%s)", folder, error)
    if uploader is None:
        yield
        return
    uploader.start()
    try:
        yield
    finally:
        uploader.finish(stopper)


def _uploader(env: TrainingEnv) -> _Uploader | None:
    uri = env.hyperparameters.reserved_text(_HYPERPARAMETER)
    if uri is None or uri.startswith("file://"):
        return None
    if not uri.startswith("s3://"):
        raise SettingError(f"hyperparameter {_HYPERPARAMETER}", uri, "an s3:// or file:// URI")
    from byoml.source.s3 import Location, open_client

    place = Location.parse(uri)
    try:
        client = open_client(env.environ, "uploading output/intermediate")
    except ExtraMissingError as error:
        _log.warning("%s; nothing of it is uploaded during the job", error)
        return None
    parts = [place.key.strip("/"), env.job_name, "output/intermediate", _host_of(env)]
    pause = seconds_of(env.environ, _SECONDS, _LOOK_SECONDS)
    prefix = "/".join(filter(None, parts))
    return _Uploader(client, Target(env.paths.output_intermediate, place.bucket, prefix), pause)


def _host_of(env: TrainingEnv) -> str:
    per_host = env.environ.get(_PER_HOST, "").strip().lower() in {"1", "true", "yes", "on"}
    return env.resources.current_host if per_host and len(env.resources.hosts) > 1 else ""


class Target(NamedTuple):
    """A folder, and where on S3 it goes."""

    folder: Path
    bucket: str
    prefix: str


class _Stamp(NamedTuple):
    """What changes whenever a file is written to or another takes its name."""

    inode: int
    size: int
    changed: int


@dataclass
class _Known:
    """What is known of one file: as it was last seen, as it was uploaded, and for how many looks it has differed."""

    seen: _Stamp | None = None
    uploaded: _Stamp | None = None
    looks: int = 0


class _Uploader(threading.Thread):
    """Looks, uploads, and waits; errors are logged and never end the job."""

    def __init__(self, client: Any, target: Target, pause: float) -> None:
        super().__init__(name="byoml-intermediate", daemon=True)
        self._client = client
        self._target = target
        self._pause = pause
        self._files: dict[Path, _Known] = {}
        self._told: set[str] = set()
        self._count = 0
        self._ending = threading.Event()
        self._ended = threading.Event()  # a signal in the middle of join() would have it take the thread for ended

    def run(self) -> None:
        try:
            self._look_on()
        finally:
            self._ended.set()

    def _look_on(self) -> None:
        pause = self._pause
        while not self._ending.wait(pause):
            failed = self._look(last=False)
            pause = min(pause * 2, max(self._pause, _LONGEST_PAUSE)) if failed else self._pause
        if self._look(last=True) == 0:
            place = f"s3://{self._target.bucket}/{self._target.prefix}"
            _log.info("%d uploads of intermediate files to %s", self._count, place)

    def finish(self, stopper: Stopper) -> None:
        """Upload what is left: as long as that takes, but once a stop is asked for no longer than its grace."""
        self._ending.set()
        try:
            self._ended.wait(stopper.seconds_left())
        except Stopped:
            self._ended.wait(stopper.seconds_left())
            raise
        finally:
            if not self._ended.is_set():
                _log.warning("not all intermediate files are uploaded: the time for the stop is over")

    def _look(self, *, last: bool) -> int:
        """Upload what has changed and rests; in the last look whatever has changed.

        Returns:
            How many files could not be uploaded.
        """
        failed = 0
        for path, stamp in _scan(self._target.folder):
            known = self._files.setdefault(path, _Known())
            rests, known.seen = known.seen == stamp, stamp
            if known.uploaded == stamp:
                continue
            known.looks += 1
            if not (rests or last or known.looks > _PATIENCE):
                continue
            if self._upload(path):
                known.uploaded, known.looks = stamp, 0
            else:
                failed += 1
                if last and failed == _LAST_FAILURES:
                    _log.warning("intermediate files are left that cannot be uploaded")
                    return failed
        return failed

    def _upload(self, path: Path) -> bool:
        from boto3.exceptions import Boto3Error
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"{self._target.prefix}/{path.relative_to(self._target.folder).as_posix()}"
        try:
            with path.open("rb") as content:
                # In this thread alone: others would keep the process from ending when time is up.
                self._client.upload_fileobj(content, self._target.bucket, key, Config=TransferConfig(use_threads=False))
        except FileNotFoundError:  # removed since we looked
            return True
        except (Boto3Error, BotoCoreError, ClientError, OSError, ValueError) as error:
            self._tell(f"{path} cannot be uploaded to s3://{self._target.bucket}/{key}: {error}", str(error))
            return False
        self._count += 1
        return True

    def _tell(self, message: str, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            _log.warning("%s", message)


def _scan(folder: Path) -> Iterator[tuple[Path, _Stamp]]:
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(root, name)
            try:
                found = path.stat()
            except OSError:  # removed since it was listed, or a link to nothing
                continue
            if path.is_file():
                yield path, _Stamp(found.st_ino, found.st_size, found.st_mtime_ns)
