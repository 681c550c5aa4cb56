"""Taking connections in, so that each worker gets its share of those that clients keep open.

An event loop's own server accepts all that wait, as many as a hundred at a time, so that of clients who connect
together one worker may get nearly all, and keeps them.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import mmap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["Acceptor", "Shares"]

_log = logging.getLogger("byoml.serving")
_CELL_BYTES = 8
_NOBODY = -1
# Whoever has fewer connections is given this long to take the next one.
_YIELD_SECONDS = 0.001
# The process or the system has no room for another connection; as asyncio does, try again after a while.
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_FULL_SECONDS = 1.0


class Shares:
    """How many connections each worker has, in memory shared over the fork.

    Args:
        workers: How many there are.
    """

    def __init__(self, workers: int) -> None:
        self._cells = memoryview(mmap.mmap(-1, workers * _CELL_BYTES)).cast("q")
        for slot in range(workers):
            self._cells[slot] = _NOBODY

    def leave(self, slot: int) -> None:
        """Count a worker no longer; called by itself when it accepts no more, and in the arbiter when it has died."""
        self._cells[slot] = _NOBODY

    def has_fewest(self, slot: int, connections: int) -> bool:
        """Say how many a worker has.

        Args:
            slot: The worker's.
            connections: Their number.

        Returns:
            Whether no other worker has fewer.
        """
        self._cells[slot] = connections
        return all(number >= connections for number in self._cells if number != _NOBODY)


class Acceptor:
    """Accepts from one listener: one connection at a time, and first those workers that have the fewest.

    It stands for an asyncio.Server with gunicorn's worker.

    Args:
        loop: The worker's event loop.
        listener: The listening socket, which other workers accept from too.
        factory: Makes a connection's protocol.
        tls: For TLS, None without.
        has_fewest: Takes the number of connections that are being made; tells whether it is this worker's turn.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listener: socket.socket,
        factory: Callable[[], asyncio.Protocol],
        tls: Any,
        has_fewest: Callable[[int], bool],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._factory = factory
        self._tls = tls
        self._has_fewest = has_fewest
        self._making: set[asyncio.Task[Any]] = set()
        self._resuming: asyncio.TimerHandle | None = None
        self._yielded = False
        listener.setblocking(False)  # noqa: FBT003  the socket module's own way
        self._listen()

    def _listen(self) -> None:
        self._resuming = None
        self._loop.add_reader(self._listener, self._ready)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._resuming = self._loop.call_later(seconds, self._listen)

    def _ready(self) -> None:
        if not self._has_fewest(len(self._making)) and not self._yielded:
            self._yielded = True
            self._pause(_YIELD_SECONDS)
            return
        self._yielded = False
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):  # another worker has it, or its client left
            return
        except OSError as error:
            if error.errno not in _FULL:
                raise
            _log.warning("no connection can be accepted for %g s: %s", _FULL_SECONDS, error)
            self._pause(_FULL_SECONDS)
            return
        task = self._loop.create_task(self._connect(connection))
        self._making.add(task)
        task.add_done_callback(self._making.discard)

    async def _connect(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003  the socket module's own way
        try:
            await self._loop.connect_accepted_socket(self._factory, connection, ssl=self._tls)
        except OSError:  # the client has gone again
            connection.close()

    def close(self) -> None:
        """Accept no more."""
        if self._resuming is not None:
            self._resuming.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    async def wait_closed(self) -> None:
        """Wait until those that had been accepted are connections."""
        if self._making:
            await asyncio.wait(self._making)
