"""Whether one more model fits: by what the system says is free, and by what models of its size have taken before."""

from __future__ import annotations

import ctypes
import gc
import os
from collections import deque
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

from byoml.environment.memory import probe_memory
from byoml.request_errors import OutOfMemory
from byoml.serving.memory import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from byoml.environment.memory import Memory

__all__ = ["Headroom", "exhausted", "give_memory_back", "size_of"]

_MEGABYTE = 2**20
_collecting = Lock()
# Of each size, how many loads are remembered.
_REMEMBERED = 5
_EXHAUSTED_TYPES = frozenset({"OutOfMemoryError", "ResourceExhaustedError"})
_EXHAUSTED_WORDS = ("bad_alloc", "out of memory", "cannot allocate memory")


class Headroom:
    """Admits loads as long as memory lasts.

    Args:
        spare: Bytes that must stay free for predictions.
        probe: Measures.
    """

    def __init__(self, spare: int, probe: Callable[[], Memory | None] = probe_memory) -> None:
        self._spare = spare
        self._probe = probe
        self._lock = Lock()
        self._promised: list[int] = []
        self._taken: dict[int, deque[int]] = {}

    @contextmanager
    def admit(self, size: int) -> Iterator[None]:
        """Let one model be loaded, and learn from it what the next of its size will take.

        Args:
            size: Bytes of its files.

        Yields:
            While it is loaded.

        Raises:
            OutOfMemory: It does not fit, or it did not.
        """
        needed = self._promise(size)
        before = resident_bytes(os.getpid())
        alone = len(self._promised) == 1
        try:
            yield
            after = resident_bytes(os.getpid())
            if alone and len(self._promised) == 1 and before is not None and after is not None:
                self._taken.setdefault(size.bit_length(), deque(maxlen=_REMEMBERED)).append(after - before)
            self._check(0)
        finally:
            with self._lock:
                self._promised.remove(needed)

    def _promise(self, size: int) -> int:
        """Count on the least that models of this size have taken: the first of them brought their library along."""
        with self._lock:
            needed = max(size, min(self._taken.get(size.bit_length(), (0,))))
            self._check(sum(self._promised) + needed)
            self._promised.append(needed)
        return needed

    def _check(self, wanted: int) -> None:
        memory = self._probe()
        if memory is not None and memory.free < wanted + self._spare:
            facts = f"{wanted // _MEGABYTE} MB are wanted and {self._spare // _MEGABYTE} MB must stay free"
            raise OutOfMemory(f"loading the model: {facts}, {memory.free // _MEGABYTE} MB are")


def size_of(folder: Path) -> int:
    """Sum up a folder's files; one that goes away meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def exhausted(error: BaseException) -> bool:
    """Tell whether a library ran out of memory, in whatever words: not all of them raise MemoryError."""
    if isinstance(error, MemoryError) or type(error).__name__ in _EXHAUSTED_TYPES:
        return True
    text = str(error).lower()
    return any(word in text for word in _EXHAUSTED_WORDS)


def give_memory_back() -> None:
    """Free what only cycles hold, and return what is free to the system, where its C library can."""
    with _collecting:  # a collection does nothing while another runs
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
