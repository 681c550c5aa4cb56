"""Wait until the peers of this host can be found by name."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from byoml.errors import HostUnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["wait_for_names"]

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


def wait_for_names(hosts: Sequence[str], seconds: float = 900.0) -> None:
    """Wait, for all hosts at once, until each name has an address; peers may come late (contract/training 1.3).

    Args:
        hosts: The peers' names.
        seconds: How long to wait.

    Raises:
        HostUnreachableError: Some name has no address in time; it names all of those.
    """
    if not hosts:
        return
    deadline = time.monotonic() + seconds
    giving_up = threading.Event()
    with ThreadPoolExecutor(len(hosts)) as pool:
        try:
            found = list(pool.map(lambda host: _wait_for_name(host, deadline, giving_up), hosts))
        finally:  # a stop signal raises here, and must not wait for the threads' deadline
            giving_up.set()
    missing = [host for host, there in zip(hosts, found, strict=True) if not there]
    if missing:
        raise HostUnreachableError(missing, seconds)


def _wait_for_name(host: str, deadline: float, giving_up: threading.Event) -> bool:
    pause = _FIRST_PAUSE
    while not giving_up.is_set():
        try:
            socket.getaddrinfo(host, None)
        except (OSError, UnicodeError):  # UnicodeError: no name at all, such as one of 64 characters without a dot
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            giving_up.wait(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return True
    return False
