"""How a job of several hosts ended, which all of them must agree on."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.values import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Verdict", "is_consequence", "worst"]

# What ranks say when another rank, or its host, is gone: true, and not why the job failed.
_CONSEQUENCE = re.compile(
    r"connection (?:was )?(?:closed|reset|refused|aborted)|broken pipe|closed by peer|socket timeout|\bgloo\b|\bnccl\b"
    r"|DistBackendError|DistStoreError|DistNetworkError|RendezvousConnectionError|TCPStore|heartbeat|EOFError",
    re.IGNORECASE,
)
_TEXT_LIMIT = 8000


@dataclass(frozen=True)
class Verdict:
    """How the program of one host, or the whole job, ended.

    Args:
        exit_code: 0..255.
        signal: The number of the signal that ended it, None where it ended by itself.
        text: The end of its stderr, of the failing rank alone where that can be told.
        stopped: It was asked to stop.
        lost: Nobody knows how it ended: the host cannot be reached any more.
        consequence: It failed because another rank was gone.
    """

    exit_code: int
    signal: int | None = None
    text: str = ""
    stopped: bool = False
    lost: bool = False
    consequence: bool = False

    @classmethod
    def of_lost(cls, text: str) -> Verdict:
        return cls(1, text=text, lost=True)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Verdict:
        return cls(**{name: value for name, value in message.items() if name != "kind"})

    def to_message(self, kind: str) -> dict[str, Any]:
        return {"kind": kind, **asdict(self), "text": self.text[-_TEXT_LIMIT:]}

    def to_outcome(self, command: tuple[str, ...]) -> Outcome:
        return Outcome(self.exit_code, self.signal, self.text, self.stopped, command)


def is_consequence(text: str) -> bool:
    """Tell whether an exception line only says that another rank is gone."""
    return _CONSEQUENCE.search(text) is not None


def worst(failures: Iterable[Verdict]) -> Verdict:
    """Choose the failure that says why the job failed.

    Args:
        failures: In the order in which they became known.

    Returns:
        The first that is a cause of its own; else the first host that was lost; else the first.
    """
    return min(failures, key=lambda failure: 2 if failure.consequence else int(failure.lost or failure.stopped))
