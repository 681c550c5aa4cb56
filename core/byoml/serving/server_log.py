"""gunicorn's own lines, in the form and at the place of ours."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

__all__ = ["ServerLog"]

_TOLD_BY_US = ((Arbiter.WORKER_BOOT_ERROR,), ("SIGKILL",))


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn logs to: byoml's handlers in place of its own."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        ours = logging.getLogger("byoml").handlers
        if ours:
            self.error_log.handlers = list(ours)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass over the ends of workers of which we say more ourselves: killed, or without their model (L-5)."""
        if not (msg.startswith("Worker (pid") and args[-1:] in _TOLD_BY_US):
            super().error(msg, *args, **kwargs)
