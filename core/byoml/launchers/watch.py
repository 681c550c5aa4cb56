"""How the hosts of one distributed program watch each other, as settings of the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.launchers.groups import HostGroup

__all__ = ["DEFAULT_PORT", "WatchSettings", "port_of"]

DEFAULT_PORT = 7778
_LAST_PORT = 65535


@dataclass(frozen=True)
class WatchSettings:
    """What both sides of the watch need.

    Args:
        group: The hosts; the master calls, all others listen.
        secret: The job's secret.
        port: Where the others listen; `BYOML_STATUS_PORT`.
        wait_seconds: How long hosts may come late; `BYOML_PEER_TIMEOUT_SECONDS`.
    """

    group: HostGroup
    secret: bytes
    port: int
    wait_seconds: float


def port_of(environ: Mapping[str, str], name: str, default: int) -> int:
    """Read a variable that holds a port; raises SettingError."""
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LAST_PORT:
        raise SettingError(name, text, "a port: 1 to 65535")
    return int(text)
