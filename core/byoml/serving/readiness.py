"""Which workers have their model: known to all of them, so that each answers `/ping` for the whole server."""

from __future__ import annotations

import mmap
import os
import struct

__all__ = ["Readiness"]


_READY, _UNWELL = 1, 2
_COUNT = struct.Struct("I")


class Readiness:
    """One byte a worker in memory shared over the fork, and one that says whether all were ready at once.

    `/ping` answers 200 only after every worker has loaded its model (contract/inference H-12, L-3); a worker that
    replaces another loads while the others serve.

    Args:
        workers: How many there are.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        # Beside the workers' bytes: whether all were ready at once, and how many that are.
        self._shared = mmap.mmap(-1, workers + 1 + _COUNT.size)
        _COUNT.pack_into(self._shared, workers + 1, workers)
        self._taken: dict[int, int] = {}
        # Whoever takes the one byte out of this pipe tells that the server is ready, and nobody else does.
        self._untold, self._tell = os.pipe()
        os.set_blocking(self._untold, False)
        os.write(self._tell, b"1")

    def claim(self, worker: int) -> int:
        """Give a new worker its byte; called in the arbiter, before the fork.

        Args:
            worker: A number that tells workers apart.

        Returns:
            The index of its byte.
        """
        free = next(slot for slot in range(self._workers) if slot not in self._taken.values())
        self._taken[worker] = free
        self._shared[free] = 0
        return free

    def release(self, worker: int) -> int | None:
        """Take a dead worker's byte back; called in the arbiter.

        Args:
            worker: Its number.

        Returns:
            The index of its byte, None where it had none.
        """
        slot = self._taken.pop(worker, None)
        if slot is not None:
            was_ready = self.ready
            self._shared[slot] = 0
            if was_ready and not self.ready:
                os.write(self._tell, b"1")
        return slot

    def mark(self, slot: int) -> bool:
        """Say that the worker of this byte can predict.

        Args:
            slot: The index of its byte.

        Returns:
            Whether the server is ready by that: True in one worker only.
        """
        self._shared[slot] = _READY
        return self._tells()

    def expect(self, number: int) -> bool:
        """Say how many workers there are to be, where they are fewer than at first; called in the arbiter.

        Args:
            number: Their number.

        Returns:
            Whether the server is ready by that.
        """
        _COUNT.pack_into(self._shared, self._workers + 1, number)
        return self._tells()

    def _tells(self) -> bool:
        if self.loaded >= _COUNT.unpack_from(self._shared, self._workers + 1)[0]:
            self._shared[self._workers] = 1
        if not self.ready:
            return False
        try:
            return bool(os.read(self._untold, 1))
        except BlockingIOError:  # another worker has told it
            return False

    def feel(self, slot: int, *, well: bool) -> None:
        """Say how the worker of this byte does; while one is unwell the server is not ready (H-15)."""
        self._shared[slot] = _READY if well else _UNWELL

    @property
    def loaded(self) -> int:
        """How many workers have their model."""
        return self._workers - self._shared[: self._workers].count(0)

    def has_loaded(self, worker: int) -> bool:
        """Tell by its number whether a worker has its model; called in the arbiter."""
        slot = self._taken.get(worker)
        return slot is not None and self._shared[slot] != 0

    @property
    def began(self) -> bool:
        return bool(self._shared[self._workers])

    @property
    def ready(self) -> bool:
        states = self._shared[: self._workers]
        return self.began and _READY in states and _UNWELL not in states
