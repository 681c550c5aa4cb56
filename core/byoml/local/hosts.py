"""Run one program for each host at once: signals reach all of them, and the first that fails stops the others."""

from __future__ import annotations

import queue
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.child import Stopped
from byoml.local.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

__all__ = ["HostProgram", "HostsOutcome", "Signals", "host_names", "run"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# The second one makes `train` kill its program; only where even that does not help it is killed itself.
_LAST_PATIENCE = 3


def host_names(count: int) -> tuple[str, ...]:
    """Name the hosts `127.0.0.1` .. `127.0.0.N`, sorted as text, as the platform sorts its names."""
    return tuple(sorted(f"127.0.0.{number}" for number in range(1, count + 1)))


@dataclass(frozen=True)
class HostProgram:
    """What one host runs.

    Args:
        host: Its name.
        command: The argument vector.
        cwd: The folder it starts in.
        variables: Its whole environment.
        log: The file for its output.
    """

    host: str
    command: tuple[str, ...]
    cwd: Path
    variables: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class HostsOutcome:
    """How the hosts ended.

    Args:
        exit_code: That of the first that failed, else 0.
        failed: That host, None where none failed.
        stopped: Whether a signal asked for the end.
    """

    exit_code: int
    failed: str | None
    stopped: bool


class Signals:
    """Hears SIGTERM and SIGINT, and passes them on to every program that runs; while none runs, raises `Stopped`."""

    def __init__(self) -> None:
        self._programs: dict[str, subprocess.Popen[bytes]] | None = None
        self._heard: list[int] = []

    @property
    def stopped(self) -> bool:
        return bool(self._heard)

    @contextmanager
    def listening(self) -> Iterator[Signals]:
        """Take over the signals, and give them back at the end."""
        before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def guarding(self) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
        """Keep signals for programs about to start, which the caller puts into the table given."""
        self._programs = {}
        try:
            yield self._programs
        except BaseException:
            _terminate(self._programs)
            raise
        finally:
            self._programs = None

    def pass_on(self, host: str) -> None:
        """Tell a program that has just started what was heard before."""
        if self._heard and self._programs:
            self._programs[host].send_signal(self._heard[0])

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard.append(number)
        if self._programs is None:
            raise Stopped(number)
        for process in list(self._programs.values()):
            process.send_signal(number if len(self._heard) < _LAST_PATIENCE else signal.SIGKILL)


def run(programs: Sequence[HostProgram], signals: Signals) -> HostsOutcome:
    """Run all hosts' programs to their ends.

    Args:
        programs: One for each host, the first host's first.
        signals: Passes signals on to them.

    Returns:
        How they ended.
    """
    ends: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    failed: tuple[str, int] | None = None
    with signals.guarding() as running:
        for program in programs:
            running[program.host] = _start(program, ends, prefixed=len(programs) > 1)
            signals.pass_on(program.host)
        for _ in programs:
            host, code = ends.get()
            if code and failed is None:
                failed = host, code
                if not signals.stopped:  # a second signal would cut the others' grace short
                    _terminate(running)
    return HostsOutcome(failed[1] if failed else 0, failed[0] if failed else None, signals.stopped)


def _terminate(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        process.send_signal(signal.SIGTERM)  # does nothing to one that has ended


def _start(
    program: HostProgram, ends: queue.SimpleQueue[tuple[str, int]], *, prefixed: bool
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        program.command,
        cwd=program.cwd,
        env=dict(program.variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a terminal's Ctrl-C would else reach it twice: from the terminal and from us
    )
    prefix = f"[{program.host}] ".encode() if prefixed else b""
    Streams(process, program.log, prefix, lambda code: ends.put((program.host, code))).start()
    return process
