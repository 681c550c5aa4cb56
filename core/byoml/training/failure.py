"""The failure file: what went wrong, most useful first, in 1,024 bytes (contract/training 6.3)."""

from __future__ import annotations

import logging
import re
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from byoml.plugin.values import Outcome

__all__ = ["LIMIT_BYTES", "describe", "summary_of", "write"]

LIMIT_BYTES = 1024
_LINE_BYTES = 400
_COMMAND_BYTES = 200
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")

_log = logging.getLogger("byoml.training")


def summary_of(outcome: Outcome) -> str:
    """Find the line that says most about a failed program.

    Args:
        outcome: How it ended.

    Returns:
        The exception line of the last traceback; for a killed program the signal; else the last line of stderr.
    """
    if outcome.signal is not None:
        return f"killed by {signal.Signals(outcome.signal).name}"
    _, found, after = outcome.stderr_tail.rpartition(_TRACEBACK)
    if found:
        lines = after.splitlines()
        exception = next((line for line in lines if _EXCEPTION.fullmatch(line)), None)
        if exception:
            return exception
    last = [line.strip() for line in outcome.stderr_tail.splitlines() if line.strip()]
    return last[-1] if last else f"the program ended with exit code {outcome.exit_code} and wrote nothing to stderr"


def describe(summary: str, hint: str | None, tail: str, command: Sequence[str], exit_code: int) -> str:
    """Compose the failure text.

    Args:
        summary: The line that says most.
        hint: A line that tells what to do, None where nobody knows one.
        tail: The end of stderr.
        command: What was run; empty where nothing was.
        exit_code: Its exit code.

    Returns:
        At most 1,024 bytes of UTF-8: summary, hint, as much of the end of stderr as fits, the command and its code.
    """
    head = [_cut(summary, _LINE_BYTES)] + ([_cut(hint, _LINE_BYTES)] if hint else [])
    foot = [f"command: {_cut(' '.join(command), _COMMAND_BYTES)} (exit code {exit_code})"] if command else []
    room = LIMIT_BYTES - len("\n".join([*head, "", *foot]).encode()) - 1
    end = _end_of(tail, summary, room)
    return "\n".join([*head, *([end] if end else []), *foot])


def _cut(text: str, limit: int) -> str:
    data = text.encode()
    return text if len(data) <= limit else data[: limit - 3].decode(errors="ignore") + "..."


def _end_of(tail: str, summary: str, room: int) -> str:
    """Take the last whole lines that fit, without the summary, which stands at the top already."""
    kept: list[str] = []
    for line in reversed([line for line in tail.splitlines() if line.strip() and line.strip() != summary]):
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def write(path: Path, text: str) -> None:
    """Write the failure file, unless the user's program wrote one; a full disk or a read-only folder is only logged.

    Args:
        path: `/opt/ml/output/failure`.
        text: What to write.
    """
    try:
        if path.is_file() and path.stat().st_size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace")[:LIMIT_BYTES])
    except OSError as error:
        _log.error("the failure file cannot be written (%s)", error)
