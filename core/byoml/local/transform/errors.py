"""What can go wrong in a batch transform; part of the one tree in `byoml.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ByomlError, ConfigurationError, UserCodeError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AnswersMismatchError",
    "BadRecordError",
    "ExecutionParametersError",
    "InvocationFailedError",
    "RecordTooLargeError",
    "UnjoinableError",
]


class BadRecordError(ConfigurationError):
    """A record is not what its content type promises, or has not what a filter names.

    Args:
        path: The input file.
        number: The record, one-based.
        reason: What is wrong with it.
        answer: Whether it is the record's answer that is wrong.
    """

    def __init__(self, path: Path, number: int, reason: str, *, answer: bool = False) -> None:
        super().__init__(f"{path}, {'the answer to ' if answer else ''}record {number}: {reason}")


class RecordTooLargeError(ConfigurationError):
    """A record does not fit into a request."""

    def __init__(self, path: Path, number: int, limit: int) -> None:
        super().__init__(
            f"{path}, record {number} is larger than the payload limit of {limit} bytes; --max-payload-mb raises it "
            "(0: no limit), --split Line makes each line a record"
        )


class InvocationFailedError(UserCodeError):
    """A mini-batch was not answered, whatever was tried.

    Args:
        what: The file and its records.
        attempts: How often it was sent.
        reason: The status and what the body says, or what happened to the connection.
    """

    def __init__(self, what: str, attempts: int, reason: str) -> None:
        times = "once" if attempts == 1 else f"{attempts} times"
        super().__init__(f"{what}: sent {times}, the last answer was: {reason}")


class AnswersMismatchError(UserCodeError):
    """An answer has not one line for each record, and so cannot be joined."""

    def __init__(self, what: str, records: int, lines: int) -> None:
        super().__init__(
            f"{what}: {_counted(lines, 'line')} answer {_counted(records, 'record')}; with --join and several records "
            "in a request there must be one line each: text/csv and application/jsonlines have that"
        )


class UnjoinableError(ConfigurationError):
    """Filters and joins know CSV and JSON alone, and join like to like.

    Args:
        what: What is to be read: the input, or the answer to which records.
        content_type: Its content type, None where none was named.
        wanted: The content types that would do.
    """

    def __init__(self, what: str, content_type: str | None, wanted: tuple[str, ...]) -> None:
        found = f"is {content_type}" if content_type else "has no content type"
        super().__init__(f"{what} {found}; to be filtered or joined it must be {' or '.join(wanted)}")


class ExecutionParametersError(ByomlError):
    """The endpoint answers `/execution-parameters`, and not as the contract has it."""

    def __init__(self, text: str, allowed: str) -> None:
        super().__init__(f"/execution-parameters answers {text!r:.200}; it must be {allowed}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
