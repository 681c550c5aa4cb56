"""What can go wrong around a local run; part of the one tree in `byoml.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ByomlError, ContainerError, UserCodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["EndpointError", "FilesClashError", "ScriptMissingError"]

_SHOWN = 10


class ScriptMissingError(ContainerError):
    """A console script of byoml is not where this Python's scripts are."""

    def __init__(self, name: str, folders: Iterable[Path]) -> None:
        places = ", ".join(str(folder) for folder in folders)
        super().__init__(
            f"console script {name!r} is neither in {places} nor on PATH; `python -m pip install byoml` puts it there"
        )


class FilesClashError(UserCodeError):
    """Several hosts wrote different files of one name.

    Args:
        kind: What they wrote, `model` or `output`.
        clashes: The hosts of each file.
        kept: Where each host's files lie now.
    """

    def __init__(self, kind: str, clashes: Mapping[str, Iterable[str]], kept: Path) -> None:
        named = [f"{name} (hosts {', '.join(hosts)})" for name, hosts in sorted(clashes.items())]
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        super().__init__(
            f"the hosts' {kind} folders cannot be merged: {', '.join(named[:_SHOWN])}{more} differ between hosts; let "
            "only the first host write them, or put SM_CURRENT_HOST into their names. "
            f"Each host's files are in {kept}/<host>"
        )
        self.clashes = clashes


class EndpointError(ByomlError):
    """An endpoint did not become ready, or ended by itself.

    Args:
        exit_code: Its exit code, None where it was still running when patience ended.
        seconds: How long it ran.
        ready: Whether it had become ready.
        log_tail: The end of what it wrote, empty where the user has seen it.
    """

    def __init__(self, exit_code: int | None, seconds: float, log_tail: str = "", *, ready: bool = False) -> None:
        when = "after it had become ready" if ready else "before it was ready"
        happened = f"ended with exit code {exit_code} {when}"
        if exit_code is None:
            happened = f"was not ready after {seconds:.0f} s"
        where = f"; the end of its log:\n{log_tail}" if log_tail else "; what it wrote says why"
        super().__init__(f"the endpoint {happened}{where}")
        self.exit_code = exit_code or 1
