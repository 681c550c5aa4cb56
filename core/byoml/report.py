"""The report of a failed job: what went wrong, most useful first, in 1,024 bytes (contract/training 1.6 and 6.3).

Training writes it to `output/failure`, processing to `output/message`.
"""

from __future__ import annotations

import logging
import re
import signal
from typing import TYPE_CHECKING, Protocol

from byoml.log import redact_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["LIMIT_BYTES", "Ended", "describe", "summary_of", "tell", "write"]

LIMIT_BYTES = 1024
_LINE_BYTES = 400
_COMMAND_BYTES = 200
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")

_log = logging.getLogger("byoml")


class Ended(Protocol):
    """How a program ended, however it was started."""

    @property
    def exit_code(self) -> int: ...
    @property
    def signal(self) -> int | None: ...
    @property
    def stderr_tail(self) -> str: ...


def summary_of(outcome: Ended) -> str:
    """Find the line that says most about a failed program.

    Args:
        outcome: How it ended.

    Returns:
        The exception line of the last traceback; for a killed program the signal; else the last line of stderr.
    """
    if outcome.signal is not None:
        return f"killed by {_signal_name(outcome.signal)}"
    _, found, after = outcome.stderr_tail.rpartition(_TRACEBACK)
    if found:
        lines = after.splitlines()
        exception = next((line for line in lines if _EXCEPTION.fullmatch(line)), None)
        if exception:
            return exception
    last = [line.strip() for line in outcome.stderr_tail.splitlines() if line.strip()]
    return last[-1] if last else f"the program ended with exit code {outcome.exit_code} and wrote nothing to stderr"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of the real-time signals only the first and the last have names
        return f"signal {number}"


def tell(path: Path, outcome: Ended, command: Sequence[str], hint: str | None) -> None:
    """Report a program that failed, in the log and in the file.

    Args:
        path: The file.
        outcome: How the program ended.
        command: What was run.
        hint: A line that tells what to do, None where nobody knows one.
    """
    summary = summary_of(outcome)
    write(path, describe(summary, hint, outcome.stderr_tail, command, outcome.exit_code))
    reason = f"{summary}; {hint}" if hint else summary
    _log.error("the program failed with exit code %d: %s", outcome.exit_code, reason)


def describe(summary: str, hint: str | None, tail: str, command: Sequence[str], exit_code: int) -> str:
    """Compose the text.

    Args:
        summary: The line that says most.
        hint: A line that tells what to do, None where nobody knows one.
        tail: The end of stderr.
        command: What was run; empty where nothing was.
        exit_code: Its exit code.

    Returns:
        At most 1,024 bytes of UTF-8: summary, hint, as much of the end of stderr as fits, the command and its code.
    """
    alone = not (hint or tail or command)
    head = [_cut(summary, LIMIT_BYTES if alone else _LINE_BYTES)] + ([_cut(hint, _LINE_BYTES)] if hint else [])
    foot = [f"command: {_cut(' '.join(_shown(command)), _COMMAND_BYTES)} (exit code {exit_code})"] if command else []
    room = LIMIT_BYTES - len("\n".join([*head, "", *foot]).encode()) - 1
    end = _end_of(tail, summary, room)
    return "\n".join([*head, *([end] if end else []), *foot])


def _shown(command: Sequence[str]) -> list[str]:
    """Mask arguments that look secret, or whose names do: many may see a report."""
    masked = redact_all({"command": list(command)})["command"]
    return [str(arg) for arg in masked]


def _cut(text: str, limit: int) -> str:
    data = text.encode("utf-8", "replace")  # an argument that is no UTF-8 has surrogates
    return data.decode() if len(data) <= limit else data[: limit - 3].decode(errors="ignore") + "..."


def _end_of(tail: str, summary: str, room: int) -> str:
    """Take the last whole lines that fit, without the summary, which stands at the top already."""
    kept: list[str] = []
    for line in reversed([line for line in tail.splitlines() if line.strip() and line.strip() != summary]):
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def write(path: Path, text: str) -> None:
    """Write the report, unless the user's program wrote one; a full disk or a read-only folder is only logged.

    Args:
        path: `/opt/ml/output/failure`, or `message`.
        text: What to write.
    """
    try:
        if path.is_file() and path.stat().st_size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace")[:LIMIT_BYTES])
    except OSError as error:
        _log.error("%s cannot be written (%s)", path, error)
