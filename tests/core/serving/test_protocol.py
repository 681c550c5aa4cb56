"""Connections that clients keep open, and when they are closed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from byoml.serving.protocol import Protocol
from gunicorn.config import Config
from gunicorn.glogging import Logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_KEEP_SECONDS = 1
_REQUEST = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"


async def _app(_scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def _worker(app: Any = _app) -> Any:
    """Make what a protocol asks of its worker."""
    config = Config()
    config.set("keepalive", _KEEP_SECONDS)
    config.set("http_parser", "python")
    parts = {"cfg": config, "log": Logger(config), "asgi": app, "loop": asyncio.get_running_loop(), "state": {}}
    server = SimpleNamespace(endpoint=SimpleNamespace(app=None))
    return SimpleNamespace(**parts, app=server, alive=True, nr=0, nr_conns=0, max_requests=10**9)


async def _seconds_open(pauses: list[float]) -> float:
    """Ask once, and again after each pause; give back how long the connection then stays open."""
    worker = _worker()
    listener = await asyncio.get_running_loop().create_server(lambda: Protocol(worker), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
    for pause in [0.0, *pauses]:
        await asyncio.sleep(pause)  # the pause is what is tested
        writer.write(_REQUEST)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 OK")
    start = asyncio.get_running_loop().time()
    assert await asyncio.wait_for(reader.read(), 30) == b""
    seconds = asyncio.get_running_loop().time() - start
    writer.close()
    listener.close()
    assert worker.nr_conns == 0
    return seconds


@pytest.mark.parametrize("pauses", [[], [0.6], [0.6, 0.6, 0.6]])
def test_a_connection_is_kept_for_a_while_after_its_last_request(pauses: list[float]) -> None:
    """Not after its first one: one that is used now and then stays, however long."""
    assert asyncio.run(_seconds_open(pauses)) >= 0.9 * _KEEP_SECONDS


async def _bytes_held() -> int:
    """Send many requests ahead while the first is still being answered; give back how much of them is held."""
    answered, protocols = asyncio.Event(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answered.wait()
        await _app(scope, receive, send)

    def protocol() -> Protocol:
        protocols.append(Protocol(_worker(app)))
        return protocols[0]

    listener = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
    writer.write(200_000 * _REQUEST)
    while not protocols or not protocols[0]._reading_paused:  # noqa: ASYNC110, SLF001  gunicorn tells nobody
        await asyncio.sleep(0.01)
    held = len(protocols[0]._callback_parser._buffer)  # noqa: SLF001  likewise
    answered.set()
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 OK")
    writer.close()
    listener.close()
    return held


def test_what_is_sent_ahead_is_held_back() -> None:
    """Requests that come before the answer to the first wait in the client: 6 MB of them would fill the server."""
    assert 0 < asyncio.run(asyncio.wait_for(_bytes_held(), 30)) < 2**20
