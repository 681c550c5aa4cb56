"""The user's own idea of health, asked in a thread now and then, so that `/ping` never waits for it (H-14, H-15)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HealthCheck"]


class HealthCheck:
    """Asks again and again, and passes on each answer.

    Args:
        ask: Whether the model is well; must not raise.
        tell: Takes the answer.
        seconds: The pause between two questions.
    """

    def __init__(self, ask: Callable[[], bool], tell: Callable[[bool], None], seconds: float) -> None:
        self._ask = ask
        self._tell = tell
        self._seconds = seconds
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="byoml-health", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._tell(self._ask())
