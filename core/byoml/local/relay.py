"""A port whose connections go to another, which may change: who is connected stays where it is."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

__all__ = ["Relay"]

_HOST = "127.0.0.1"
_CHUNK = 2**16


class Relay:
    """Passes bytes on, both ways, whatever they are."""

    def __init__(self) -> None:
        #: The port that new connections go to; it may be set at any time.
        self.target = 0

    @contextmanager
    def listening(self, listener: socket.socket) -> Iterator[None]:
        """Accept on a listening socket, in a thread."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._run, args=(loop, listener), name="byoml-relay", daemon=True)
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _run(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        server = loop.run_until_complete(asyncio.start_server(self._connected, sock=listener))
        try:
            loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(_HOST, self.target)
        except OSError:  # as if nobody listened here
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy to the end, and end there too."""
    with suppress(OSError):
        try:
            while chunk := await reader.read(_CHUNK):
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            writer.close()
            raise
