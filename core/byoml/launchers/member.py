"""The watch's side on every host but the master: it answers the master alone, and follows its verdict."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.launcher_errors import LauncherRefusal
from byoml.launchers.pulse import Pulse
from byoml.launchers.status import ChannelLost, addresses, answer, listen
from byoml.launchers.verdict import Verdict

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from byoml.launchers.descendants import RunningProgram
    from byoml.launchers.status import Channel
    from byoml.launchers.watch import WatchSettings

__all__ = ["Member", "Order"]

_log = logging.getLogger("byoml.launchers")
_TURN_SECONDS = 0.2
_ORDER_SECONDS = 5.0
_GREETINGS_AT_ONCE = 8


@dataclass(frozen=True)
class Order:
    """The master's order to start a program here.

    Args:
        command: The program, made and checked by this host.
        channel: Where the master waits for its exit code.
    """

    command: tuple[str, ...]
    channel: Channel

    def finished(self, exit_code: int) -> None:
        with suppress(ChannelLost):
            self.channel.send({"kind": "exited", "code": exit_code})
        self.channel.close()


class Member:
    """Listens for the master, and ends this host's program when the job has failed elsewhere.

    Args:
        settings: The hosts, port and secret.
        program: What runs here.
        command_of: Makes the program of an order's arguments, or raises LauncherRefusal; None: no orders are taken.
    """

    def __init__(
        self,
        settings: WatchSettings,
        program: RunningProgram,
        command_of: Callable[[list[str]], tuple[str, ...]] | None = None,
    ) -> None:
        self._settings = settings
        self._program = program
        self._command_of = command_of
        self._own: Verdict | None = None
        self._order: Order | None = None
        self._verdict: Verdict | None = None
        self._followed = False
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._greeting = threading.BoundedSemaphore(_GREETINGS_AT_ONCE)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._listener = listen(self._settings.group.current_host, self._settings.port)
        self._listener.settimeout(_TURN_SECONDS)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._thread.join()
        self._listener.close()
        if self._order is not None:
            self._order.channel.close()

    def next_order(self) -> Order | None:
        """Wait for the master's order; returns None where there is a verdict before that."""
        with self._changed:
            self._changed.wait_for(lambda: self._verdict is not None or self._order is not None)
            return self._order if self._verdict is None else None

    def conclude(self, own: Verdict | None) -> Verdict:
        """Tell how this host's program ended, and wait for the verdict.

        Args:
            own: How it ended; None: that is the master's to say.

        Returns:
            The verdict on the job; a host that was stopped keeps its own.
        """
        with self._changed:
            self._own = own
            self._changed.wait_for(lambda: self._verdict is not None or (own is not None and own.stopped))
            verdict = self._verdict
        return own if own is not None and (own.stopped or verdict is None) else verdict or Verdict(1)

    def _accept(self) -> None:
        deadline = time.monotonic() + self._settings.wait_seconds
        while not self._closing.is_set():
            if not self._followed and time.monotonic() > deadline:
                master, seconds = self._settings.group.master, self._settings.wait_seconds
                self._decide(Verdict.of_lost(f"the master host {master} did not call within {seconds:g} s"))
                return
            try:
                connection, address = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:  # that caller is gone already
                continue
            self._admit(connection, str(address[0]))

    def _admit(self, connection: socket.socket, address: str) -> None:
        master = self._settings.group.master
        if address not in addresses(master) or not self._greeting.acquire(blocking=False):
            _log.warning("a connection from %s is refused: it is not the master host %s", address, master)
            connection.close()
            return
        threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: str) -> None:
        try:
            channel, greeting = answer(connection, self._settings.secret)
        except ChannelLost as lost:
            _log.warning("a connection from %s is refused: %s", address, lost)
            connection.close()
            return
        finally:
            self._greeting.release()
        if greeting.get("host") != self._settings.group.master:
            _log.warning("a connection from %s is refused: it says to be %r", address, greeting.get("host"))
            channel.close()
        elif greeting.get("role") == "watch" and not self._followed:
            self._followed = True
            self._be_followed(channel)
        else:
            self._take_order(channel)

    def _be_followed(self, channel: Channel) -> None:
        pulse, told = Pulse(channel), False
        try:
            while not self._closing.is_set():
                message = pulse.turn()
                if message is not None and message.get("kind") == "verdict":
                    self._decide(Verdict.from_message(message))
                    return
                if self._own is not None and not told:
                    channel.send(self._own.to_message("ended"))
                    told = True
        except ChannelLost as lost:
            self._decide(Verdict.of_lost(f"lost contact with the master host {self._settings.group.master}: {lost}"))
        finally:
            channel.close()

    def _decide(self, verdict: Verdict) -> None:
        with self._changed:
            if self._verdict is not None:
                return
            self._verdict = verdict
            self._changed.notify_all()
        if verdict.exit_code:
            self._program.end()

    def _take_order(self, channel: Channel) -> None:
        try:
            message = channel.receive(_ORDER_SECONDS) or {}
            command = self._checked(message)
        except ChannelLost:
            channel.close()
        except LauncherRefusal as refusal:
            _log.warning("an order of the master is refused: %s", refusal)
            with suppress(ChannelLost):
                channel.send({"kind": "refused", "reason": str(refusal)})
            channel.close()
        else:
            with self._changed:
                self._order = Order(command, channel)
                self._changed.notify_all()

    def _checked(self, message: dict[str, object]) -> tuple[str, ...]:
        arguments = message.get("arguments")
        if self._command_of is None or self._order is not None or message.get("kind") != "start":
            raise LauncherRefusal("this host expects no order to start a program")
        if not isinstance(arguments, list) or not all(isinstance(argument, str) for argument in arguments):
            raise LauncherRefusal("the arguments are no list of texts")
        return self._command_of(arguments)
