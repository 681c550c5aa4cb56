"""gunicorn's asgi worker, with an end that waits for requests and not for connections."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gasgi import ASGIWorker

from byoml.serving.last_call import last_call

if TYPE_CHECKING:
    from byoml.serving.server import Server

__all__ = ["Worker", "end_container"]

# Bytes that have arrived are read, and bytes that were written leave, however busy other threads keep the interpreter.
_QUIET_SECONDS = 0.2


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """Ends as soon as nothing is in flight, whatever idle connections clients keep open."""

    app: Server

    async def _shutdown(self) -> None:
        """Take in who has connected, let the last answers out, then end as gunicorn does when it is in a hurry.

        gunicorn's own way waits its whole graceful timeout for connections that clients merely keep open.
        """
        await last_call([listener.sock for listener in self.sockets])
        for server in self.servers:
            server.close()
        try:
            await asyncio.wait_for(self._quiet(), self.cfg.graceful_timeout)
        except asyncio.TimeoutError:
            self.log.warning("requests are still in flight after %d s: they are cut", self.cfg.graceful_timeout)
        if self.lifespan:
            await self.lifespan.shutdown()  # gunicorn leaves it out when it is in a hurry
        self.handle_quit_signal()
        await super()._shutdown()

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
