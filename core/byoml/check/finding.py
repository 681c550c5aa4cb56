"""What a check finds, and what it is told to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CheckRequest", "Finding", "Severity"]


class Severity(Enum):
    """How much a finding matters: a job would fail, might do something else than meant, or there is just a fact."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Args:
        severity: How much it matters.
        where: `file:line`, a file, a folder, or an option of the command line.
        text: What is there, and what would be right.
    """

    severity: Severity
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.severity.value}: {self.text}"

    @classmethod
    def error(cls, where: object, text: str) -> Finding:
        return cls(Severity.ERROR, str(where), text)

    @classmethod
    def warning(cls, where: object, text: str) -> Finding:
        return cls(Severity.WARNING, str(where), text)

    @classmethod
    def note(cls, where: object, text: str) -> Finding:
        return cls(Severity.NOTE, str(where), text)


@dataclass(frozen=True)
class CheckRequest:
    """What is looked at.

    Args:
        folder: The source folder.
        entry_point: The program, relative to it; None: the hyperparameter `sagemaker_program`, or the usual names.
        hyperparameters: As they would be sent, all text.
        places: Where each hyperparameter was said, for the findings.
        env: Variables of the job.
        framework: `BYOML_FRAMEWORK`, None to let byoml choose.
    """

    folder: Path
    entry_point: str | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    framework: str | None = None

    def place_of(self, key: str) -> str:
        return self.places.get(key, f"--hp {key}")
