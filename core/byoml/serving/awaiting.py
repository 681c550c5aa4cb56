"""Asynchronous user functions, run to their end in the thread that predicts.

Each thread keeps one event loop of its own, so that clients and pools that a function makes live as long as the thread;
the server's loop never runs user code.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["iterated", "synchronous"]

_threads = threading.local()


def synchronous(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a coroutine function an ordinary one; others stay as they are.

    Args:
        function: Any function.

    Returns:
        A function that returns the result itself.
    """
    if not inspect.iscoroutinefunction(function):
        return function

    def call(*args: object, **named: object) -> object:
        return _loop().run_until_complete(function(*args, **named))

    return call


def iterated(items: AsyncIterator[Any]) -> Iterator[Any]:
    """Go through an asynchronous iterator as through an ordinary one, in this thread.

    Args:
        items: What an async generator function gave.

    Yields:
        Its items.
    """
    try:
        while True:
            try:
                yield _loop().run_until_complete(anext(items))
            except StopAsyncIteration:
                return
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            _loop().run_until_complete(close())


def _loop() -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop | None = getattr(_threads, "loop", None)
    if loop is None:
        loop = _threads.loop = asyncio.new_event_loop()
    return loop
