"""Stop listening without losing a connection that the kernel has made and nobody has taken yet."""

from __future__ import annotations

import asyncio
import ctypes
import select
import socket
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["last_call"]

_SO_ATTACH_FILTER = 26  # Linux; Python has no name for it
_RETURN = 0x06  # the one instruction of the filter: keep so many bytes of a packet, here none
_PAUSE = 0.01
_MOST_SECONDS = 1.0


async def last_call(listeners: Sequence[socket.socket]) -> None:
    """Let nobody in any more, and wait until those who are in have been accepted by the event loop.

    A listener that is closed resets the connections that wait in it: their clients see a request fail that could have
    been answered. A client that is kept out tries again by itself, and is then refused.

    Args:
        listeners: Listening sockets that the event loop accepts from, here or in other workers too.
    """
    waiting = select.poll()
    for listener in listeners:
        _keep_out(listener)
        waiting.register(listener, select.POLLIN)
    loop = asyncio.get_running_loop()
    end = loop.time() + _MOST_SECONDS
    while waiting.poll(0) and loop.time() < end:  # noqa: ASYNC110  the kernel tells nobody that its queue is empty
        await asyncio.sleep(_PAUSE)


def _keep_out(listener: socket.socket) -> None:
    """Have the kernel drop what arrives at a listener; its connections are not touched. Elsewhere than Linux: nothing.

    Only packets of connections that are still being made arrive at the listener itself.
    """
    if sys.platform != "linux":
        return
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
    with suppress(OSError):  # a sandbox may forbid it
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(instruction)))
