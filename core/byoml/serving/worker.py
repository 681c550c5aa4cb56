"""gunicorn's asgi worker, with an end that waits for requests and not for connections."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from queue import Empty
from time import monotonic
from typing import TYPE_CHECKING, Any

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gasgi import ASGIWorker

from byoml.serving.accepting import Acceptor
from byoml.serving.last_call import last_call
from byoml.serving.protocol import Protocol

if TYPE_CHECKING:
    import socket
    from queue import SimpleQueue

    from byoml.serving.server import Server

__all__ = ["SECONDS_AFTER_DRAIN", "Worker", "end_container"]

#: What a worker may take for its end beside answering what is in flight; 29 s in all, as the platform kills after 30.
SECONDS_AFTER_DRAIN = 4.0
# Who keeps connections open is still let in while it learns from /ping that it should go elsewhere.
_WELCOME_SECONDS = 1.0
_LAST_RECORD_SECONDS = 1.0
_PAUSE = 0.02
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
# Bytes that have arrived are read, and bytes that were written leave, however busy other threads keep the interpreter.
_QUIET_SECONDS = 0.2


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """Ends as soon as nothing is in flight, whatever idle connections clients keep open."""

    app: Server
    #: Where the arbiter's signal handlers put what they hear; after the fork, a copy that nobody else reads.
    arbiters_signals: SimpleQueue[int]
    #: Its place in what all workers share.
    slot: int
    _told = 0.0

    def init_process(self) -> None:
        """Hear a stop that came between the fork and here: the arbiter's handlers, inherited, would swallow it."""
        for number in _STOPS:
            signal.signal(number, signal.SIG_DFL)
        with suppress(Empty):
            while True:
                if self.arbiters_signals.get_nowait() in _STOPS:
                    sys.exit(0)
        super().init_process()

    async def _serve(self) -> None:
        """Serve as gunicorn does, but for how connections are accepted and their requests read."""

        async def create(_factory: Any, *, sock: socket.socket, ssl: Any, **_: Any) -> Acceptor:
            return Acceptor(self.loop, sock, lambda: Protocol(self), ssl, self._has_fewest)

        self.loop.create_server = create
        await super()._serve()

    def _has_fewest(self, making: int) -> bool:
        """Tell whether the next connection is this worker's, who has so many that are still being made."""
        return bool(self._told) or self.app.shares.has_fewest(self.slot, self.nr_conns + making)

    def handle_exit_signal(self) -> None:
        """Say so to who pings, at once."""
        self._told = self._told or monotonic()
        self.app.endpoint.retire()
        self.app.shares.leave(self.slot)
        super().handle_exit_signal()

    async def _shutdown(self) -> None:
        """Take in who has connected, let the last answers out, then end as gunicorn does when it is in a hurry.

        gunicorn's own way waits its whole graceful timeout for connections that clients merely keep open.
        """
        endpoint, told = self.app.endpoint, self._told or monotonic()
        if self.nr_conns and not self._quick_shutdown:
            await asyncio.sleep(told + _WELCOME_SECONDS - monotonic())
        await last_call([listener.sock for listener in self.sockets])
        for server in self.servers:
            server.close()
        drain = self.app.plan.env.drain_seconds
        if not await self._quiet_within(told + drain - monotonic()):
            self.log.warning("requests are still in flight after %g s: they are cut", drain)
            endpoint.cut_streams()
            await self._quiet_within(_LAST_RECORD_SECONDS)
        if self.lifespan:
            await self.lifespan.shutdown()  # gunicorn leaves it out when it is in a hurry
        last = told + drain + SECONDS_AFTER_DRAIN - _LAST_RECORD_SECONDS
        while not endpoint.ended and monotonic() < last:  # noqa: ASYNC110  a thread's end tells nobody
            await asyncio.sleep(_PAUSE)
        if not endpoint.ended:
            self.log.warning("shutdown_fn has not ended after %g s: it is cut", monotonic() - told)
        self.handle_quit_signal()
        await super()._shutdown()

    async def _quiet_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._quiet(), max(_QUIET_SECONDS, seconds))
        except asyncio.TimeoutError:
            return False
        return True

    async def _quiet(self) -> None:
        """Wait until nothing is in flight and what clients had sent by then has been read and answered too."""
        in_flight = self.app.endpoint.in_flight
        while True:
            await in_flight.idle()
            entered = in_flight.entered
            await asyncio.sleep(_QUIET_SECONDS)
            if in_flight.entered == entered:
                return


def end_container() -> None:
    """End this worker so that the arbiter ends too: a model that cannot be loaded will not load the next time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(Arbiter.WORKER_BOOT_ERROR)
