"""PID 1's duty: reap what orphans leave, and pass signals on (contract/training 6.5)."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run_reaping"]

_INIT = 1
_PASSED_ON = (signal.SIGTERM, signal.SIGINT)
_WAITED_FOR = {signal.SIGCHLD, *_PASSED_ON}


def run_reaping(work: Callable[[], int]) -> int:
    """Do the work; where this process is PID 1, in a child, while we reap whatever becomes our child.

    Every orphan of a container becomes a child of PID 1 and stays a zombie until that asks for it. The work cannot ask
    itself: `wait` for any child would take the exit codes of its own.

    Args:
        work: Gives the exit code; it is called before any thread runs.

    Returns:
        The exit code, 128+n where signal n ended the child.
    """
    if os.getpid() != _INIT:
        return work()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it never hears of it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    child = os.fork()
    if child:
        return _reap_until(child)
    os.setpgid(0, 0)  # a terminal's Ctrl-C would else reach us twice, and the second one kills
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return work()


def _reap_until(child: int) -> int:
    while True:
        number = signal.sigwait(_WAITED_FOR)
        if number != signal.SIGCHLD:
            os.kill(child, number)
            continue
        status = _reap(child)
        if status is not None:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _reap(child: int) -> int | None:
    """Reap all that have ended; give the child's status if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = status
