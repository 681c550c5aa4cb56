"""Sessions that expire while nobody begins another: looked for now and then, off the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byoml.serving.sessions import Sessions

__all__ = ["Sweeper"]

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0


class Sweeper:
    """One worker's.

    Args:
        sessions: All sessions; None where they are off.
    """

    def __init__(self, sessions: Sessions | None) -> None:
        self._sessions = sessions
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; called in the running event loop."""
        if self._sessions is not None:
            self._task = asyncio.get_running_loop().create_task(self._sweep(self._sessions))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @staticmethod
    async def _sweep(sessions: Sessions) -> None:
        while True:
            await asyncio.sleep(min(max(sessions.seconds, _SHORTEST_PAUSE), _LONGEST_PAUSE))
            await asyncio.to_thread(sessions.sweep)
