"""gunicorn's own lines, in the form and at the place of ours."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

__all__ = ["ServerLog"]


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn logs to: byoml's handlers in place of its own."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        ours = logging.getLogger("byoml").handlers
        if ours:
            self.error_log.handlers = list(ours)
