"""How many requests a worker has not answered yet, from their heads to the last bytes of their answers."""

from __future__ import annotations

import asyncio

__all__ = ["InFlight"]


class InFlight:
    """One of them is in flight while `with` holds it; all share the one object, as each request enters it."""

    def __init__(self) -> None:
        self._number = 0
        #: How many there have ever been.
        self.entered = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        if not self._number:
            self._idle.clear()
        self._number += 1
        self.entered += 1

    def __exit__(self, *_: object) -> None:
        self._number -= 1
        if not self._number:
            self._idle.set()

    async def idle(self) -> None:
        """Wait until nothing is in flight."""
        await self._idle.wait()
