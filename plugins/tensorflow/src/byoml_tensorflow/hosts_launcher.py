"""A program on each host, which watch each other, beside a parameter server where there are some."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from byoml.child import run
from byoml.launchers.descendants import RunningProgram
from byoml.launchers.master import Master
from byoml.launchers.member import Member
from byoml.launchers.secret import SECRET_VARIABLE
from byoml.launchers.verdict import Verdict, is_consequence

from byoml_tensorflow.tf_config import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.launchers.groups import HostGroup
    from byoml.launchers.watch import WatchSettings
    from byoml.plugin.values import Outcome, TrainingJob

__all__ = ["HostsLauncher"]

_SERVER = ("-m", "byoml_tensorflow.parameter_server")
_NO_GPU = {"CUDA_VISIBLE_DEVICES": "-1"}
_END_SECONDS = 5.0


class HostsLauncher:
    """Runs the program of this host; the outcome is that of the whole job.

    Args:
        group: The hosts.
        watch: How they watch each other; None where nothing tells this job's hosts from strangers.
        server: TF_CONFIG of the parameter server that runs here until the job has ended; None: there is none.
    """

    name = "tensorflow"

    def __init__(self, group: HostGroup, watch: WatchSettings | None, server: str | None) -> None:
        self._group = group
        self._watch = watch
        self._server = server

    def launch(self, job: TrainingJob) -> Outcome:
        """Run the program, and wait until all hosts have ended theirs; raises StatusChannelError."""
        program = RunningProgram(job.stopper)
        with self._parameter_server(job), self._watching(program) as watching:
            end = self._run(job, program)
            verdict = watching.conclude(end) if watching is not None else end
        return verdict.to_outcome(job.command)

    def _watching(self, program: RunningProgram) -> Master | Member | nullcontext[None]:
        if self._watch is None:
            return nullcontext()
        return Master(self._watch, program, reports=True) if self._group.is_master else Member(self._watch, program)

    def _run(self, job: TrainingJob, program: RunningProgram) -> Verdict:
        try:
            variables = _without_secret(job)
            result = run(job.command, cwd=job.cwd, variables=variables, stopper=job.stopper, started=program.started)
        finally:
            program.gone()
        stopped = job.stopper.signum is not None
        consequence = bool(result.exit_code) and not stopped and is_consequence(result.stderr_tail)
        return Verdict(result.exit_code, result.signal, result.stderr_tail, stopped=stopped, consequence=consequence)

    @contextmanager
    def _parameter_server(self, job: TrainingJob) -> Iterator[None]:
        """Run the server beside the program; other hosts need it until the last of them has ended."""
        if self._server is None:
            yield
            return
        variables = {**_without_secret(job), **_NO_GPU, VARIABLE: self._server}
        process = subprocess.Popen((sys.executable, *_SERVER), cwd=job.cwd, env=variables, start_new_session=True)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _without_secret(job: TrainingJob) -> dict[str, str]:
    return {name: value for name, value in job.variables.items() if name != SECRET_VARIABLE}
