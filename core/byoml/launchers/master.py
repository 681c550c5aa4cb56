"""The master's side of the watch: it follows every other host, and decides how the job ended."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from byoml.launcher_errors import StatusChannelError
from byoml.launchers.pulse import Pulse
from byoml.launchers.status import ChannelLost, dial
from byoml.launchers.verdict import Verdict, worst

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from byoml.launchers.descendants import RunningProgram
    from byoml.launchers.status import Channel
    from byoml.launchers.watch import WatchSettings

__all__ = ["Master"]

_SETTLE_SECONDS = 1.0  # the host that failed first may be the second to say so
_STOP_SETTLE_SECONDS = 3.0  # the platform stops all hosts, though not in the same moment
_LAST_WORDS_SECONDS = 3.0


class Master:
    """Follows the other hosts while the program of this one runs.

    Args:
        settings: The hosts, port and secret.
        program: What runs here; ended when the job has failed elsewhere.
        reports: Whether the other hosts run programs of their own, whose ends count; else this host's end is the job's.
    """

    def __init__(self, settings: WatchSettings, program: RunningProgram, *, reports: bool) -> None:
        self._settings = settings
        self._program = program
        self._others = settings.group.hosts[1:]
        self._counted = {settings.group.master, *(self._others if reports else ())}
        self._known: dict[str, Verdict] = {}
        self._there: set[str] = set()
        self._verdict: Verdict | None = None
        self._settling: threading.Timer | None = None
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._follow, args=(host,), daemon=True) for host in self._others]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        if self._settling is not None:
            self._settling.cancel()
        for thread in self._threads:
            thread.join(_LAST_WORDS_SECONDS)

    def wait_for_all(self) -> Verdict | None:
        """Wait until every other host is followed; returns the verdict where the job has failed before that."""
        with self._changed:
            self._changed.wait_for(lambda: self._verdict is not None or len(self._there) == len(self._others))
            return self._verdict

    def conclude(self, own: Verdict) -> Verdict:
        """Tell how this host's program ended, and wait for the verdict.

        Args:
            own: How it ended.

        Returns:
            The verdict on the job; a host that was stopped keeps its own.
        """
        self._record(self._settings.group.master, own)
        with self._changed:
            self._changed.wait_for(lambda: self._verdict is not None)
            verdict = self._verdict
        return own if verdict is None or own.stopped else verdict

    def _follow(self, host: str) -> None:
        settings = self._settings
        greeting = {"host": settings.group.current_host, "role": "watch"}
        try:
            channel = dial((host, settings.port), greeting, settings.secret, settings.wait_seconds, self._closing)
        except StatusChannelError as error:
            self._record(host, Verdict.of_lost(str(error)))
            return
        with self._changed:
            self._there.add(host)
            self._changed.notify_all()
        try:
            self._listen(host, channel)
        except ChannelLost as lost:
            self._record(host, Verdict.of_lost(f"lost contact with host {host}: {lost}"))
        finally:
            channel.close()

    def _listen(self, host: str, channel: Channel) -> None:
        pulse = Pulse(channel)
        while True:
            message = pulse.turn()
            if message is not None and message.get("kind") == "ended":
                self._record(host, Verdict.from_message(message))
            if self._verdict is not None:
                with suppress(ChannelLost):
                    channel.send(self._verdict.to_message("verdict"))
                return
            if self._closing.is_set():  # something is wrong here; the other side sees the channel close
                return

    def _record(self, host: str, end: Verdict) -> None:
        with self._changed:
            if host in self._known or self._closing.is_set():
                return
            self._known[host] = end
            if end.exit_code or end.stopped:
                self._settle(_STOP_SETTLE_SECONDS if end.stopped else _SETTLE_SECONDS)
            elif self._settling is None and self._counted <= self._known.keys():
                self._verdict = Verdict(0)
            self._changed.notify_all()

    def _settle(self, seconds: float) -> None:
        if self._settling is None:
            self._settling = threading.Timer(seconds, self._decide)
            self._settling.daemon = True
            self._settling.start()

    def _decide(self) -> None:
        with self._changed:
            failures = [end for end in self._known.values() if end.exit_code or end.stopped]
            self._verdict = worst(failures)
            self._changed.notify_all()
        self._program.end()
