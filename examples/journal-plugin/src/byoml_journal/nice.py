"""A launcher: the user's program with a lower priority, so that a long job leaves the machine usable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from byoml.launchers.process import ProcessLauncher

if TYPE_CHECKING:
    from byoml.plugin import Outcome, TrainingJob

__all__ = ["NiceLauncher"]


@dataclass(frozen=True)
class NiceLauncher:
    """Runs the command under `nice`.

    Args:
        niceness: As `nice -n` takes it.
    """

    niceness: str
    name: str = "nice"

    def launch(self, job: TrainingJob) -> Outcome:
        return ProcessLauncher().launch(replace(job, command=("nice", "-n", self.niceness, *job.command)))
