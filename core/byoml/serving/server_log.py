"""gunicorn's own lines, in the form and at the place of ours."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

__all__ = ["ServerLog"]


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn logs to: byoml's handlers in place of its own."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        ours = logging.getLogger("byoml").handlers
        if ours:
            self.error_log.handlers = list(ours)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass over the end of a worker that could not load its model: the cause is the log's last line (L-5)."""
        if not (msg.startswith("Worker (pid") and args[-1:] == (Arbiter.WORKER_BOOT_ERROR,)):
            super().error(msg, *args, **kwargs)
