"""One invocation on its way through the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from byoml.plugin.values import Context, Invocation
    from byoml.request_errors import RequestError

__all__ = ["Work", "alike"]


@dataclass
class Work:
    """One invocation, and what has become of it so far.

    Args:
        invocation: The request.
        context: What its functions get beside their arguments.
        accept: The type of its answer, once that is chosen.
        data: What the last function gave.
        failed: Why it ends early, None while it goes on.
    """

    invocation: Invocation
    context: Context
    accept: str = ""
    data: Any = None
    failed: RequestError | None = None


def alike(works: Sequence[Work]) -> Collection[Sequence[Work]]:
    """Group by what Accept's parameters ask for, as `predict_fn` gets the context of one request of a batch."""
    groups: dict[str, list[Work]] = {}
    for work in works:
        accept = work.invocation.accept
        groups.setdefault(accept if ";" in accept else "", []).append(work)
    return groups.values()
