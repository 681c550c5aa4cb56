"""A stop, as the user's program hears of it: SIGTERM of the platform, or Ctrl-C, passed on by the launcher."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from byoml.job.errors import NotMainThreadError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["on_stop", "should_stop"]

_Callback = TypeVar("_Callback", bound="Callable[[], Any]")

_log = logging.getLogger("byoml.job")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# One Ctrl-C may arrive twice, from the terminal and from the launcher; a person's second one comes later.
_SAME_SECONDS = 1.0


class _Listener:
    """Hears the signals of one process from the first question on."""

    def __init__(self) -> None:
        self.heard: float | None = None
        self.callbacks: list[Callable[[], Any]] = []
        self._before: dict[int, Any] = {}
        self._watches_forks = False
        self._forking = threading.local()

    def listen(self) -> None:
        """Take over the signals once; handlers that are there are kept, and called too."""
        if self._before:
            return
        if threading.current_thread() is not threading.main_thread():
            raise NotMainThreadError(threading.current_thread().name)
        self._before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        if not self._watches_forks:
            os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._forget)
            self._watches_forks = True

    def _hold(self) -> None:
        """Let no signal come while a process forks: in the child it would be neither ours nor its own."""
        self._forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def _release(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._forking.mask)

    def _forget(self) -> None:
        """Give a forked process, such as a worker of a pool, what it would have had without us: it can be ended."""
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._hear:
                signal.signal(number, handler)
        self._before, self.callbacks, self.heard = {}, [], None
        self._release()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        first, now = self.heard is None, time.monotonic()
        self.heard = now if self.heard is None else self.heard
        before = self._before[number]
        if before is signal.default_int_handler:
            if now - self.heard > _SAME_SECONDS:
                raise KeyboardInterrupt
        elif callable(before):
            before(number, frame)
        if first:
            self._call_back()

    def _call_back(self) -> None:
        """Call all; one that fails keeps no other from being called, and does not end a program that could save."""
        ending: BaseException | None = None
        for callback in list(self.callbacks):
            try:
                callback()
            except Exception:  # noqa: BLE001  whatever it is, it is logged with its traceback
                _log.exception("a callback of byoml.on_stop failed")
            except BaseException as error:  # noqa: BLE001  SystemExit is how a callback ends the program
                ending = error
        if ending is not None:
            raise ending


_listener = _Listener()


def should_stop() -> bool:
    """Tell whether the job is to stop: save what must not be lost, and end.

    From SIGTERM on there are about two minutes (`BYOML_STOP_GRACE_SECONDS`, 110). The first call starts to listen for
    SIGTERM and SIGINT, and must come from the main thread; then every thread may ask, and each rank hears for itself.
    Without any call, a signal ends the program at once.

    Returns:
        Whether a signal has come since the first call.

    Raises:
        NotMainThreadError: The first call came from another thread.
    """
    _listener.listen()
    return _listener.heard is not None


def on_stop(callback: _Callback) -> _Callback:
    """Have a function called when the job is to stop, in the main thread, between two of its instructions.

    Afterwards the program goes on, unless the function ends it by `sys.exit`. An exception in it is logged.

    Args:
        callback: Takes nothing; called once, right now where the stop has been heard already.

    Returns:
        The callback, so that this can stand above it as a decorator.

    Raises:
        NotMainThreadError: This or `should_stop` was never called in the main thread.
    """
    _listener.listen()
    if _listener.heard is None:
        _listener.callbacks.append(callback)
    else:
        callback()
    return callback
