"""Which worker takes the next connection."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import socket

from byoml.serving.accepting import Acceptor, Shares


def test_the_worker_with_the_fewest_connections_is_next() -> None:
    """Alike many are no reason to wait for each other."""
    shares = Shares(2)
    assert shares.has_fewest(0, 0)
    assert shares.has_fewest(1, 0)
    assert not shares.has_fewest(0, 1)
    assert shares.has_fewest(1, 0)
    assert shares.has_fewest(1, 1)
    assert shares.has_fewest(0, 1)


def test_nobody_waits_for_a_worker_that_is_not_there() -> None:
    """One that has not begun, has left or has died takes no connections."""
    shares = Shares(3)
    assert shares.has_fewest(0, 5)
    assert shares.has_fewest(1, 3)
    assert not shares.has_fewest(0, 5)
    shares.leave(1)
    assert shares.has_fewest(0, 5)


class _Noting(asyncio.Protocol):
    def __init__(self, made: asyncio.Queue[asyncio.BaseTransport]) -> None:
        self._made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._made.put_nowait(transport)


def _listener() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(None)
    return listener


async def _accepted(turns: list[bool], clients: int) -> list[bool]:
    """Accept so many clients; give back the turns that were not asked about."""
    listener = _listener()
    made: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()
    acceptor = Acceptor(asyncio.get_running_loop(), listener, lambda: _Noting(made), None, lambda _making: turns.pop(0))
    connections = [socket.create_connection(listener.getsockname()) for _ in range(clients)]
    for _ in connections:
        (await asyncio.wait_for(made.get(), 30)).close()
    acceptor.close()
    await acceptor.wait_closed()
    for connection in connections:
        connection.close()
    return turns


def test_a_connection_that_nobody_else_takes_is_taken_all_the_same() -> None:
    """Who yields its turn gets it back a moment later: another worker may be busy for long."""
    assert asyncio.run(_accepted([False, False, True, False, False], clients=3)) == []


class _Making(logging.Handler):
    """Makes room for another connection as soon as the log says that there is none."""

    def __init__(self, limits: tuple[int, int]) -> None:
        super().__init__()
        self._limits = limits
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)
        self.said.append(record.getMessage())


def test_a_process_without_room_for_connections_tries_again() -> None:
    """The client waits in the kernel's queue; the log tells why."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    making = _Making(limits)

    async def accept() -> None:
        listener, client = _listener(), socket.socket()
        made: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()
        acceptor = Acceptor(asyncio.get_running_loop(), listener, lambda: _Noting(made), None, lambda _making: True)
        client.connect(listener.getsockname())
        least_free = os.dup(listener.fileno())
        os.close(least_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (least_free, limits[1]))
        (await asyncio.wait_for(made.get(), 30)).close()
        acceptor.close()
        client.close()

    log = logging.getLogger("byoml.serving")
    log.addHandler(making)
    try:
        asyncio.run(accept())
    finally:
        log.removeHandler(making)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert making.said == ["no connection can be accepted for 1 s: [Errno 24] Too many open files"]
