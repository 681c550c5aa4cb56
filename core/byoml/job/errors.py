"""What can go wrong between a program and its job; part of the one tree in `byoml.errors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError, UserCodeError
from byoml.log import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["HyperparametersError", "NotMainThreadError", "NothingSavedError", "PipeAbsentError", "Problem"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one hyperparameter.

    Args:
        key: Its name, as the job has it.
        found: What was found: its value, or that it is missing.
        right: What would be right.
    """

    key: str
    found: str
    right: str

    @classmethod
    def of_value(cls, key: str, value: object, right: str) -> Problem:
        """Word a value that is not allowed, masked where it looks secret."""
        return cls(key, f"is {redact(key, repr(value))}", right)

    def __str__(self) -> str:
        return f"hyperparameter {self.key!r} {self.found}; {self.right}"


class HyperparametersError(ConfigurationError):
    """Hyperparameters do not fit the schema; all that is wrong is said at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(". ".join(map(str, problems)))
        self.problems = tuple(problems)


class NotMainThreadError(UserCodeError):
    """Signals can be listened to only from the main thread."""

    def __init__(self, thread: str) -> None:
        super().__init__(
            f"byoml.should_stop() and byoml.on_stop() were first called in thread {thread!r}; call one of them once in "
            "the main thread before, as Python lets no other thread listen for signals. Then every thread may ask"
        )


class NothingSavedError(UserCodeError):
    """A callback that should have written a checkpoint did not."""

    def __init__(self, path: Path, found: Iterable[str]) -> None:
        super().__init__(
            f"the function given to byoml.checkpoints.save left nothing at {path}; it must write a file or folder at "
            f"exactly the path it gets. There is: {', '.join(sorted(found)) or 'nothing'}"
        )


class PipeAbsentError(ConfigurationError):
    """The fifo of an epoch did not appear."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(
            f"{path} did not appear within {seconds:g} s; a channel in Pipe mode has one fifo for each epoch, and the "
            "platform makes the next one only when the one before was read to its end or closed"
        )
