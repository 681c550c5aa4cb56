"""How many workers there are to be: as many as memory holds, and no new ones at once where one after another dies."""

from __future__ import annotations

from collections import deque

__all__ = ["Crew", "fitting"]

_MINUTE = 60.0
# So many deaths within a minute are made good at once; after each more, a new worker waits twice as long.
_AT_ONCE = 2
_LONGEST_WAIT = 30.0
# So often a model may fail to load by the worker's death, before that is taken as a fact.
_TRIES = 3


def fitting(free: int, taken: int) -> int:
    """Tell how many more workers memory holds (contract/inference L-1).

    Args:
        free: Bytes that can be had, what must stay free already taken off.
        taken: Bytes that a worker takes with its model.

    Returns:
        At least 0.
    """
    return max(0, free) // max(1, taken)


class Crew:
    """Decides, knows no process; moments are seconds of any one clock.

    Args:
        wanted: How many there are to be.
        first_alone: One is to load first, so that it can be measured what the others will take.
    """

    def __init__(self, wanted: int, *, first_alone: bool = False) -> None:
        self.wanted = wanted
        #: Whether the others may load as well.
        self.measured = not first_alone
        self._deaths: deque[float] = deque()
        self._in_vain = 0
        self._not_before = 0.0

    def number(self, running: int, loaded: int, now: float) -> int:
        """Tell how many are to run right now.

        Args:
            running: How many do.
            loaded: How many of them have their model.
            now: The moment.

        Returns:
            Their number; while a new one has to wait, those that run.
        """
        due = self.wanted if self.measured else max(1, loaded)
        return due if now >= self._not_before else min(running, due)

    def settle(self, number: int) -> None:
        """Say how many memory holds; never more than were wanted, and at least one."""
        self.wanted = max(1, min(self.wanted, number))
        self.measured = True

    def died(self, now: float, *, loaded: bool, left: int) -> bool:
        """Take in that a worker was killed.

        Args:
            now: The moment.
            loaded: Whether it had its model.
            left: How many with their model are left.

        Returns:
            Whether to go on: not where the model has never fitted.
        """
        self._deaths.append(now)
        while self._deaths[0] < now - _MINUTE:
            self._deaths.popleft()
        more = len(self._deaths) - _AT_ONCE
        if more > 0:
            self._not_before = now + min(_LONGEST_WAIT, 2.0 ** (more - 1))
        if loaded:
            self._in_vain = 0
            return True
        self._in_vain += 1
        self.measured = False  # the next one loads alone, and is measured
        if self._in_vain < _TRIES:
            return True
        self._in_vain = 0
        self.settle(left)
        return left > 0
