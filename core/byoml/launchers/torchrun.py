"""torchrun on each host of a job, which watch each other (contract/training 5.4)."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.child import run
from byoml.errors import SettingError
from byoml.launcher_errors import LauncherMissingError, LauncherProgramError
from byoml.launchers.descendants import RunningProgram
from byoml.launchers.interface import existing_interface, network_variables
from byoml.launchers.master import Master
from byoml.launchers.member import Member
from byoml.launchers.rank_failure import torchrun_verdict
from byoml.launchers.secret import SECRET_VARIABLE
from byoml.launchers.verdict import Verdict
from byoml.launchers.watch import port_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.launchers.groups import HostGroup
    from byoml.launchers.watch import WatchSettings
    from byoml.plugin.values import Outcome, TrainingJob

__all__ = ["TorchrunLauncher", "TorchrunSettings"]

_MODULE = "torch.distributed.run"
_MASTER_PORT = 7777


@dataclass(frozen=True)
class TorchrunSettings:
    """What the job says about torchrun.

    Args:
        interface: What connects the hosts, as `resourceconfig.json` names it.
        master_port: Where rank 0 is met; `BYOML_TORCHRUN_MASTER_PORT`.
        rendezvous: A rendezvous backend such as `c10d`, in place of fixed ranks; `BYOML_TORCHRUN_RDZV_BACKEND`.
        max_restarts: How often failed ranks are started again; `BYOML_TORCHRUN_MAX_RESTARTS`.
        job_name: Tells this rendezvous from others.
        neuron_compile: Compile for Neuron first; `RUN_NEURON_PARALLEL_COMPILE=1`.
    """

    interface: str = "eth0"
    master_port: int = _MASTER_PORT
    rendezvous: str | None = None
    max_restarts: int | None = None
    job_name: str = ""
    neuron_compile: bool = False

    @classmethod
    def read(cls, environ: Mapping[str, str], interface: str, job_name: str) -> TorchrunSettings:
        """Read the variables; raises SettingError."""
        restarts = environ.get("BYOML_TORCHRUN_MAX_RESTARTS", "").strip()
        if restarts and not (restarts.isascii() and restarts.isdigit()):
            raise SettingError("BYOML_TORCHRUN_MAX_RESTARTS", restarts, "a whole number")
        return cls(
            interface,
            port_of(environ, "BYOML_TORCHRUN_MASTER_PORT", _MASTER_PORT),
            environ.get("BYOML_TORCHRUN_RDZV_BACKEND") or None,
            int(restarts) if restarts else None,
            job_name,
            environ.get("RUN_NEURON_PARALLEL_COMPILE") == "1",
        )


class TorchrunLauncher:
    """Runs torchrun, which starts the ranks of this host.

    Args:
        group: The hosts.
        settings: What the job says about torchrun.
        watch: How the hosts watch each other; None for one host alone.
    """

    name = "torchrun"

    def __init__(self, group: HostGroup, settings: TorchrunSettings, watch: WatchSettings | None) -> None:
        self._group = group
        self._settings = settings
        self._watch = watch

    def launch(self, job: TrainingJob) -> Outcome:
        """Run this host's ranks; the outcome is that of the whole job.

        Raises:
            LauncherMissingError: torch is not installed.
            LauncherProgramError: The program is no Python.
            StatusChannelError: The status channel cannot be opened.
        """
        command = self.command(job)
        if importlib.util.find_spec("torch") is None:
            raise LauncherMissingError(
                "torchrun", "torch", "install it when the image is built, or in requirements.txt"
            )
        program = RunningProgram(job.stopper)
        with self._watching(program) as watching:
            end = self._run(command, job, program)
            verdict = watching.conclude(end) if watching is not None else end
        return verdict.to_outcome(command)

    def command(self, job: TrainingJob) -> tuple[str, ...]:
        """Make torchrun's argument vector; raises LauncherProgramError."""
        if job.command[0] != sys.executable:
            name = next((word for word in job.command if not word.startswith("/bin/")), job.command[0])
            raise LauncherProgramError(
                "torchrun", name, "a Python script, module or package; a shell script can call torchrun by itself"
            )
        group, settings = self._group, self._settings
        prefix = ("neuron_parallel_compile",) if settings.neuron_compile else ()
        size = ("--nnodes", str(len(group.hosts)), "--nproc_per_node", str(group.processes_per_host))
        restarts = () if settings.max_restarts is None else ("--max_restarts", str(settings.max_restarts))
        return (*prefix, sys.executable, "-m", _MODULE, *size, *self._meeting(), *restarts, *job.command[1:])

    def _meeting(self) -> tuple[str, ...]:
        group, settings = self._group, self._settings
        if settings.rendezvous is not None:
            where = f"{group.master}:{settings.master_port}"
            name = settings.job_name or "byoml"
            return ("--rdzv_backend", settings.rendezvous, "--rdzv_endpoint", where, "--rdzv_id", name)
        if len(group.hosts) == 1:
            return ()
        port, rank = str(settings.master_port), str(group.rank)
        return ("--master_addr", group.master, "--master_port", port, "--node_rank", rank)

    def _watching(self, program: RunningProgram) -> Master | Member | nullcontext[None]:
        if self._watch is None:
            return nullcontext()
        return Master(self._watch, program, reports=True) if self._group.is_master else Member(self._watch, program)

    def _run(self, command: tuple[str, ...], job: TrainingJob, program: RunningProgram) -> Verdict:
        interface = existing_interface(self._settings.interface, self._group.current_host)
        variables = {name: value for name, value in job.variables.items() if name != SECRET_VARIABLE}
        variables |= network_variables(interface, variables)
        try:
            result = run(command, cwd=job.cwd, variables=variables, stopper=job.stopper, started=program.started)
        finally:
            program.gone()
        if job.stopper.signum is not None:
            return Verdict(result.exit_code, result.signal, result.stderr_tail, stopped=True)
        if result.signal is not None or result.exit_code == 0:
            return Verdict(result.exit_code, result.signal, result.stderr_tail)
        return torchrun_verdict(result.exit_code, result.stderr_tail, self._group.current_host)
