"""Run one program: its output passes untouched, the end of its stderr is kept, signals reach its whole group."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

__all__ = ["ChildResult", "Stopped", "Stopper", "run"]

_TAIL_BYTES = 16 * 1024
_CHUNK = 64 * 1024
_LAST_CHUNKS = 16  # what a pipe can hold at most, unless root has widened it
_COULD_NOT_START = 127
_LAST_SECONDS = 5.0  # what is left of the platform's 120 s when the grace is over, with a reserve
# One stop may be told twice: to the process and to its group, by a terminal, `timeout` or a platform.
_SAME_SECONDS = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """A stop was asked for while no program was running."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum


@dataclass(frozen=True)
class ChildResult:
    """How a program ended.

    Args:
        exit_code: 0..255; 128+n where signal n ended it.
        signal: The number of the signal that ended it, None where it ended by itself.
        stderr_tail: The last 16 KiB of its stderr, undecodable bytes replaced.
    """

    exit_code: int
    signal: int | None
    stderr_tail: str


class Stopper:
    """Hears SIGTERM and SIGINT for the process, and passes them on to the program that is running.

    A later second signal, or the end of the grace, kills the program's group. While none runs, a signal raises
    `Stopped`.

    Args:
        grace: Seconds between the signal and SIGKILL.
    """

    def __init__(self, grace: float = 110.0) -> None:
        self._grace = grace
        self._guarding = False
        self._group: int | None = None
        self._deliver: Callable[[int, int], None] = _signal_group
        self.signum: int | None = None
        self._deadline: float | None = None
        self._same_until = 0.0

    def seconds_left(self) -> float | None:
        """Tell how long we may still take once a stop was asked for: to the end of the grace, and a little more.

        Returns:
            At least some seconds; None where no stop was asked for.
        """
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic()) + _LAST_SECONDS

    @contextmanager
    def listening(self) -> Iterator[Stopper]:
        """Take over the signals, and give them back at the end."""
        before = {number: signal.signal(number, self._heard) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def guarding(self, deliver: Callable[[int, int], None] | None = None) -> Iterator[Callable[[int], None]]:
        """Keep signals for a program about to start; the function given takes its process group once there is one.

        Args:
            deliver: Sends a signal to a process group in a way of its own, for programs that start others elsewhere.
        """
        self._deliver = deliver or _signal_group
        self._guarding = True
        try:
            yield self._attach
        finally:
            self._guarding = False
            self._group = None

    def _attach(self, group: int) -> None:
        self._group = group
        if self.signum is not None:
            self._pass_on(self.signum)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        now, first = time.monotonic(), self.signum is None
        if first:
            self.signum, self._deadline, self._same_until = number, now + self._grace, now + _SAME_SECONDS
        if not self._guarding:
            raise Stopped(number)
        if first or now >= self._same_until:
            self._pass_on(number if first else signal.SIGKILL)

    def _pass_on(self, number: int) -> None:
        group = self._group
        if group is None:
            return
        self._deliver(group, number)
        if number != signal.SIGKILL:
            timer = threading.Timer(self._grace, self._escalate, (group,))
            timer.daemon = True
            timer.start()

    def _escalate(self, group: int) -> None:
        if self._group == group:
            self._deliver(group, signal.SIGKILL)


def run(  # noqa: PLR0913  keywords alone, each named where it is given
    command: Sequence[str],
    *,
    cwd: Path,
    variables: Mapping[str, str],
    stopper: Stopper,
    stdout: int | None = None,
    started: Callable[[int], None] | None = None,
    deliver: Callable[[int, int], None] | None = None,
) -> ChildResult:
    """Run a program to its end, in a process group of its own.

    Args:
        command: The argument vector.
        cwd: The folder it runs in.
        variables: Its whole environment.
        stopper: Passes SIGTERM and SIGINT on to the group.
        stdout: A file descriptor for its stdout; None: ours.
        started: Told the program's process id, which is its group's too.
        deliver: Sends a signal to the group in a way of its own.

    Returns:
        How it ended; what the group left running is killed.
    """
    with stopper.guarding(deliver) as attach:
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=dict(variables), stdout=stdout, stderr=subprocess.PIPE, start_new_session=True
            )
        except OSError as error:
            return ChildResult(_COULD_NOT_START, None, f"{type(error).__name__}: {error}")
        attach(process.pid)
        if started is not None:
            started(process.pid)
        assert process.stderr is not None  # noqa: S101  Popen was asked for a pipe
        pump = _StderrPump(process.stderr.fileno())
        pump.start()
        code = process.wait()
        _signal_group(process.pid, signal.SIGKILL)
        tail = pump.finish()
        process.stderr.close()
    return ChildResult(code if code >= 0 else 128 - code, -code if code < 0 else None, tail)


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # all of it has ended already
        return


class _StderrPump(threading.Thread):
    """Copies the pipe to our stderr as the bytes come, and keeps the last of them."""

    def __init__(self, source: int) -> None:
        super().__init__(daemon=True)
        self._source = source
        self._tail = bytearray()
        self._ended, self._end = os.pipe()

    def run(self) -> None:
        waiting = select.poll()
        waiting.register(self._source, select.POLLIN)
        waiting.register(self._ended, select.POLLIN)
        left = _LAST_CHUNKS
        while left:
            ready = {descriptor for descriptor, _ in waiting.poll()}
            if self._ended in ready:  # a grandchild may hold the pipe open, or write, for ever: what has come is enough
                left -= 1
            if self._source not in ready:
                return
            chunk = os.read(self._source, _CHUNK)
            if not chunk:
                return
            self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        self._tail += chunk
        del self._tail[:-_TAIL_BYTES]
        while chunk:
            try:
                chunk = chunk[os.write(2, chunk) :]
            except OSError:  # nobody reads our stderr any more; the tail still counts
                return

    def finish(self) -> str:
        os.close(self._end)
        self.join()
        os.close(self._ended)
        return self._tail.decode("utf-8", "replace")
