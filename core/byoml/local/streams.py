"""Copy a program's output as it comes: to our own streams, and to a log file."""

from __future__ import annotations

import os
import selectors
import threading
import time
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Streams"]

_CHUNK = 64 * 1024
_STDOUT, _STDERR = 1, 2
# How long a grandchild that holds the pipes is still listened to.
_LINGER_SECONDS = 1.0
_LOOK_SECONDS = 0.2
# Several hosts write to one terminal.
_terminal = threading.Lock()


class Streams(threading.Thread):
    """Copies until the program ends.

    Args:
        process: The program, whose stdout and stderr are pipes.
        log: The file that gets both, bytes untouched.
        prefix: Goes before each line on our streams; where it is empty, bytes pass as they come.
        at_end: Called with the exit code, 128+n for signal n, when all is copied.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        log: Path,
        prefix: bytes = b"",
        at_end: Callable[[int], None] = lambda _code: None,
    ) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._log = log
        self._prefix = prefix
        self._at_end = at_end
        self._rest = {_STDOUT: b"", _STDERR: b""}

    def run(self) -> None:
        try:
            with self._log.open("ab", buffering=0) as log:
                self._copy(log)
        finally:
            code = self._process.wait()
            for pipe in filter(None, (self._process.stdout, self._process.stderr)):
                pipe.close()
            self._at_end(code if code >= 0 else 128 - code)

    def _copy(self, log: BinaryIO) -> None:
        with selectors.DefaultSelector() as selector:
            for pipe, target in ((self._process.stdout, _STDOUT), (self._process.stderr, _STDERR)):
                assert pipe is not None  # noqa: S101  the process was started with pipes
                selector.register(pipe, selectors.EVENT_READ, target)
            ended: float | None = None
            while selector.get_map():
                ready = selector.select(_LOOK_SECONDS)
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    if chunk:
                        _write_all(log.fileno(), chunk)
                        self._show(key.data, chunk)
                    else:
                        selector.unregister(key.fileobj)
                if self._process.poll() is not None:
                    ended = ended or time.monotonic()
                    if not ready or time.monotonic() - ended > _LINGER_SECONDS:
                        break
        for target, rest in self._rest.items():
            if rest:
                self._show(target, b"\n")

    def _show(self, target: int, chunk: bytes) -> None:
        if self._prefix:
            *lines, self._rest[target] = (self._rest[target] + chunk).split(b"\n")
            chunk = b"".join(b"%s%s\n" % (self._prefix, line) for line in lines)
        with _terminal:
            _write_all(target, chunk)


def _write_all(target: int, chunk: bytes) -> None:
    while chunk:
        try:
            chunk = chunk[os.write(target, chunk) :]
        except OSError:  # nobody reads it any more, or the disk is full: the program must not wait for that
            return
