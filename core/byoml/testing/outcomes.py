"""How a program of the container ended."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProcessOutcome", "TrainOutcome"]


@dataclass(frozen=True)
class TrainOutcome:
    """How `train` ended.

    Args:
        exit_code: 0..255; 128+n where signal n ended `train` itself.
        failure: The text of the failure file, None where there is none.
        stdout: All of its stdout.
        stderr: All of its stderr.
    """

    exit_code: int
    failure: str | None
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True)
class ProcessOutcome:
    """How `processing` ended.

    Args:
        exit_code: 0..255; 128+n where signal n ended `processing` itself.
        message: The exit message, None where there is none; one that is not UTF-8 raises, as it fails a job.
        stdout: All of its stdout.
        stderr: All of its stderr.
    """

    exit_code: int
    message: str | None
    stdout: bytes
    stderr: bytes
