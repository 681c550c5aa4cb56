"""The heartbeat of a status channel: both sides beat each second, and silence means that the other side is lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from byoml.launchers.status import ChannelLost

if TYPE_CHECKING:
    from byoml.launchers.status import Channel

__all__ = ["SILENCE_SECONDS", "Pulse"]

# With the time to settle on a verdict and to end a program, a lost host ends all others within 10 s.
SILENCE_SECONDS = 6.0
_BEAT_SECONDS = 1.0
_TURN_SECONDS = 0.2
_BEAT = {"kind": "beat"}


class Pulse:
    """Beats on a channel, and listens to the other side's beats.

    Args:
        channel: The channel.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._heard_at = time.monotonic()
        self._beat_at = 0.0

    def turn(self) -> dict[str, Any] | None:
        """Beat if it is time to, and wait for a short while.

        Returns:
            A message that is no beat, or None.

        Raises:
            ChannelLost: The other side has closed, or has been silent for too long.
        """
        if time.monotonic() >= self._beat_at:
            self._channel.send(_BEAT)
            self._beat_at = time.monotonic() + _BEAT_SECONDS
        message = self._channel.receive(_TURN_SECONDS)
        if message is None:
            if time.monotonic() - self._heard_at > SILENCE_SECONDS:
                raise ChannelLost(f"silent for {SILENCE_SECONDS:g} s")
            return None
        self._heard_at = time.monotonic()
        return None if message == _BEAT else message
