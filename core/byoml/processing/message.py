"""The exit message: what a processing job tells its user, in 1,024 bytes of a file (contract/training 1.6)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from byoml.report import LIMIT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_readable"]

_log = logging.getLogger("byoml.processing")


def make_readable(path: Path) -> None:
    """Mend the message that a program wrote, where the platform would fail the job for it.

    The platform reads 1,024 bytes, and they must be UTF-8: a character that crosses that line is as bad as one of
    another encoding. A message that is fine stays as it is, however long.

    Args:
        path: `/opt/ml/output/message`; it need not exist.
    """
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            start = file.read(LIMIT_BYTES)
        mended = _readable(start)
        if mended != start:
            path.write_bytes(mended)
            _log.warning("%s: its first %d bytes are not UTF-8, which fails a job; it was mended", path, LIMIT_BYTES)
    except OSError as error:
        _log.error("%s cannot be read or written (%s)", path, error)


def _readable(start: bytes) -> bytes:
    """Drop a character that is cut at the limit, and put `?` for every other byte that is no UTF-8."""
    try:
        start.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and len(start) == LIMIT_BYTES:
            return start[: error.start]
        return start.decode("utf-8", "replace").replace("\ufffd", "?").encode()
    return start
