"""The thread that looks through a folder again and again, and uploads what has changed."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.child import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.child import Stopper

__all__ = ["Target", "Uploader"]

_log = logging.getLogger("byoml.training")
_LONGEST_PAUSE = 60.0
# A file that never rests, such as a log, is uploaded all the same after so many looks.
_PATIENCE = 10
_LAST_FAILURES = 3


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


class Uploader(threading.Thread):
    """Looks, uploads, and waits; errors are logged and never end the job.

    Args:
        client: boto3's, for S3.
        target: What is uploaded, and to where.
        pause: Seconds between two looks.
    """

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
