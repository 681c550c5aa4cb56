"""Long work in a thread, beside an event loop that must be heard.

A thread that waits for the interpreter asks for it only after 5 ms in which nobody let go of it. Work that lets go of
it more often, for moments, as numpy does, takes it back before the other has woken up: it could wait for as long as the
work lasts. So the work itself has to stop for long enough, now and then.
"""

from __future__ import annotations

from time import perf_counter, sleep

__all__ = ["Breath"]

_WORK_SECONDS = 0.005
# Twice what a thread takes to wake up: together some two percent of the time.
_PAUSE_SECONDS = 0.0001


class Breath:
    """Stops the thread that calls it for a moment, where it has worked for some time."""

    def __init__(self) -> None:
        self._since = perf_counter()

    def take(self) -> None:
        if perf_counter() - self._since > _WORK_SECONDS:
            sleep(_PAUSE_SECONDS)
            self._since = perf_counter()
