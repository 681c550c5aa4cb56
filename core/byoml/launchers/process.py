"""One process on each host: what a job gets when nobody asks for more (contract/training 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.child import run
from byoml.plugin.values import Outcome

if TYPE_CHECKING:
    from byoml.plugin.values import TrainingJob

__all__ = ["ProcessLauncher"]


class ProcessLauncher:
    """Runs the command once, and waits for it."""

    name = "process"

    def launch(self, job: TrainingJob) -> Outcome:
        result = run(job.command, cwd=job.cwd, variables=job.variables, stopper=job.stopper)
        stopped = job.stopper.signum is not None
        return Outcome(result.exit_code, result.signal, result.stderr_tail, stopped, job.command)
