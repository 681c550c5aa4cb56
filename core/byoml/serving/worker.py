"""gunicorn's asgi worker, with the model's life in it: load after the fork, drain before the end."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gasgi import ASGIWorker

if TYPE_CHECKING:
    from byoml.serving.server import Server

__all__ = ["Worker"]

_log = logging.getLogger("byoml.serving")
_FLUSH_SECONDS = 0.05


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """Ends as soon as nothing is in flight, whatever idle connections clients keep open."""

    app: Server

    def handle_exit_signal(self) -> None:
        """Stop taking connections, as gunicorn does; and end when the last answer is out, not when idle clients go."""
        super().handle_exit_signal()
        self.loop.create_task(self._end_when_idle())

    async def _end_when_idle(self) -> None:
        await self.app.endpoint.idle()
        await asyncio.sleep(_FLUSH_SECONDS)  # the last answer's bytes leave before the connections are cut
        self.handle_quit_signal()


def end_container() -> None:
    """End this worker so that the arbiter ends too: a model that cannot be loaded will not load the next time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(Arbiter.WORKER_BOOT_ERROR)
