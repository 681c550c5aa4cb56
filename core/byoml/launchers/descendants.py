"""A program that is running with all that it has started, wherever those have moved."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byoml.child import Stopper

__all__ = ["RunningProgram", "signal_children"]

_PROC = Path("/proc")
_PATIENCE = 1.0
_LOOK = 0.05


class RunningProgram:
    """Lets another thread end the program that this one waits for, though it may not have started yet.

    Args:
        stopper: Tells whether this host was asked to stop: the program then has its grace, whatever other hosts do.
    """

    def __init__(self, stopper: Stopper) -> None:
        self._stopper = stopper
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._ended = False

    def started(self, pid: int) -> None:
        with self._lock:
            self._pid = pid
            end = self._ended
        if end:
            _end(pid)

    def gone(self) -> None:
        """Forget the program: it has been waited for, and its number may soon be another's."""
        with self._lock:
            self._pid = None

    def end(self) -> None:
        """Ask the program and all its descendants to end, and kill what is left of them a second later."""
        if self._stopper.signum is not None:
            return
        with self._lock:
            self._ended = True
            pid = self._pid
        if pid is not None:
            _end(pid)


def signal_children(pid: int, number: int) -> None:
    """Send a signal to the process groups of a program's children, and not to the program.

    mpirun and orted would kill their ranks soon after a SIGTERM of their own; so asked, ranks may take their time.

    Args:
        pid: The program.
        number: The signal; SIGKILL goes to the program and to all its descendants.
    """
    if number == signal.SIGKILL:
        _send([pid, *_descendants(pid)], number)
        return
    for child in _children().get(pid, ()):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(child) == child:
                os.killpg(child, number)
            else:
                os.kill(child, number)


def _end(pid: int) -> None:
    family = _descendants(pid)
    _send([pid, *family], signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and any((_PROC / str(member)).exists() for member in family):
        time.sleep(_LOOK)
    late = [member for member in _descendants(pid) if member not in family]
    _send([*late, *family, pid], signal.SIGKILL)


def _send(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _descendants(pid: int) -> list[int]:
    children = _children()
    found, waiting = [], [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            found.append(child)
            waiting.append(child)
    return found


def _children() -> dict[int, list[int]]:
    """List all processes by parent; none where the system has no /proc."""
    families: dict[int, list[int]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended since the listing
            continue
        families.setdefault(int(after_name[1]), []).append(int(stat.parent.name))
    return families
