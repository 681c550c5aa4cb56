"""gunicorn's asgi worker, with an end that waits for requests and not for connections."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gasgi import ASGIWorker

if TYPE_CHECKING:
    from byoml.serving.server import Server

__all__ = ["Worker", "end_container"]

_FLUSH_SECONDS = 0.05


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """Ends as soon as nothing is in flight, whatever idle connections clients keep open."""

    app: Server

    async def _shutdown(self) -> None:
        """Stop listening, let the last answers out, then end as gunicorn does when it is in a hurry.

        gunicorn's own way waits its whole graceful timeout for connections that clients merely keep open.
        """
        for server in self.servers:
            server.close()
        try:
            await asyncio.wait_for(self.app.endpoint.in_flight.idle(), self.cfg.graceful_timeout)
        except asyncio.TimeoutError:
            self.log.warning("requests are still in flight after %d s: they are cut", self.cfg.graceful_timeout)
        await asyncio.sleep(_FLUSH_SECONDS)  # the last answer's bytes leave before the connections are cut
        self.handle_quit_signal()
        await super()._shutdown()


def end_container() -> None:
    """End this worker so that the arbiter ends too: a model that cannot be loaded will not load the next time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(Arbiter.WORKER_BOOT_ERROR)
