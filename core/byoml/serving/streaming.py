"""Answers sent while they are made (contract/inference 1.8): a thread makes the chunks, the event loop sends them."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from byoml.request_errors import HandlerFailed
from byoml.serving.awaiting import iterated

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Stream", "as_iterator"]

# Chunks that may be made ahead of a slow client.
_AHEAD = 16


def as_iterator(result: object) -> Iterator[Any] | None:
    """Tell whether a function streams.

    Args:
        result: What it returned.

    Returns:
        Its items, in this thread's time; None for everything that is no generator or other iterator.
    """
    if inspect.isasyncgen(result) or isinstance(result, AsyncIterator):
        return iterated(result)
    return result if isinstance(result, Iterator) else None


class Stream:
    """The chunks of one answer on their way from the thread to the client.

    Args:
        items: What the function yields.
        encode: Makes the chunk of an item: bytes, or the text of a frame.
    """

    def __init__(self, items: Iterator[Any], encode: Callable[[Any], str | bytes]) -> None:
        self._items = items
        self._source = items
        self._encode = encode
        self._room = threading.Semaphore(_AHEAD)
        self._gone = threading.Event()
        self._chunks: asyncio.Queue[str | bytes | Exception | None] = asyncio.Queue()

    def begin(self) -> None:
        """Make the first item before anything is sent, so that an error up to there is an ordinary error.

        Raises:
            Exception: Whatever the function raises before its first item.
        """
        self._items = itertools.chain(tuple(itertools.islice(self._items, 1)), self._items)

    def pump(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make all chunks; called in the thread that predicts, once the answer's head is on its way.

        Args:
            loop: The event loop that sends them.
        """
        end: Exception | None = None
        try:
            for item in self._items:
                chunk = self._encode(item)
                self._room.acquire()
                if self._gone.is_set():
                    break
                loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
        except BaseException as error:  # noqa: BLE001  the loop tells the client, and the log; this thread lives on
            end = error if isinstance(error, Exception) else HandlerFailed("the stream", error)
        finally:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
            loop.call_soon_threadsafe(self._chunks.put_nowait, end)

    async def chunks(self) -> AsyncIterator[str | bytes]:
        """Give the chunks as they come.

        Yields:
            Chunks, none of them merged or split.

        Raises:
            Exception: What the function raised after its first item.
        """
        try:
            while (chunk := await self._chunks.get()) is not None:
                if isinstance(chunk, Exception):
                    raise chunk
                self._room.release()
                yield chunk
        finally:
            self.abandon()

    def cut(self, error: Exception) -> None:
        """End it with an error after what has been made already; called in the event loop."""
        self._chunks.put_nowait(error)
        self.abandon()

    def abandon(self) -> None:
        """Say that nobody reads on; the function is closed at its next item."""
        self._gone.set()
        self._room.release()
