"""Open MPI over the hosts of a job, without ssh and without root (contract/training 5.3)."""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.child import run
from byoml.launcher_errors import LauncherMissingError
from byoml.launchers.descendants import RunningProgram, signal_children
from byoml.launchers.interface import existing_interface, network_variables
from byoml.launchers.master import Master
from byoml.launchers.member import Member
from byoml.launchers.mpi_agent import FACTS_VARIABLE
from byoml.launchers.orted import orted_command
from byoml.launchers.rank_failure import mpi_verdict
from byoml.launchers.secret import SECRET_VARIABLE
from byoml.launchers.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from byoml.child import ChildResult
    from byoml.launchers.groups import HostGroup
    from byoml.launchers.watch import WatchSettings
    from byoml.plugin.values import Outcome, TrainingJob

__all__ = ["MpiLauncher", "MpiSettings"]

_KILL_SECONDS = 1  # mpirun waits as long several times over, even where no rank ignores SIGTERM
_AT_ONCE = 128
_AGENT = "byoml.launchers.mpi_agent"


@dataclass(frozen=True)
class MpiSettings:
    """What the job says about mpirun.

    Args:
        interface: What connects the hosts, as `resourceconfig.json` names it.
        processes: All processes of the job; None: those of each host, times the hosts.
        options: More options of mpirun, in its own words.
    """

    interface: str = "eth0"
    processes: int | None = None
    options: tuple[str, ...] = ()

    @staticmethod
    def words(options: object) -> tuple[str, ...]:
        """Split options as a shell would, quotes understood; a list has been split already."""
        return tuple(map(str, options)) if isinstance(options, list) else tuple(shlex.split(str(options or "")))


class MpiLauncher:
    """Runs mpirun on the master, and on every other host the orted that mpirun asks for.

    Args:
        group: The hosts.
        settings: What the job says about mpirun.
        watch: How the hosts watch each other; None for one host alone.
    """

    name = "mpi"

    def __init__(self, group: HostGroup, settings: MpiSettings, watch: WatchSettings | None) -> None:
        self._group = group
        self._settings = settings
        self._watch = watch

    def launch(self, job: TrainingJob) -> Outcome:
        """Run this host's part of the job; the outcome is that of the whole job.

        Raises:
            LauncherMissingError: The image has no Open MPI.
            StatusChannelError: The status channel cannot be opened.
        """
        program = RunningProgram(job.stopper)
        if self._watch is None:
            return self._own_end(job, self._mpirun(job, program, {})).to_outcome(job.command)
        if self._group.is_master:
            return self._lead(job, program, self._watch).to_outcome(job.command)
        return self._follow(job, program, self._watch).to_outcome(job.command)

    def command(self, job: TrainingJob, interface: str) -> tuple[str, ...]:
        """Make mpirun's argument vector; it holds no values of variables, and so no secrets.

        Args:
            job: The job.
            interface: An interface that exists.
        """
        # One host alone is always at hand by this name, whatever the job calls it.
        hosts = self._group.hosts if len(self._group.hosts) > 1 else ("localhost",)
        each = self._group.processes_per_host
        slots = ",".join(host if each == 1 else f"{host}:{each}" for host in hosts)
        parameters = {
            "btl_tcp_if_include": interface,
            "oob_tcp_if_include": interface,
            "plm_rsh_no_tree_spawn": "1",
            "plm_rsh_num_concurrent": str(max(_AT_ONCE, len(hosts))),
            "plm_rsh_agent": f"{sys.executable} -m {_AGENT}",
            "pml": "ob1",
            "btl": "^openib",
            "orte_abort_on_non_zero_status": "1",
            "btl_vader_single_copy_mechanism": "none",
            "odls_base_sigkill_timeout": str(_KILL_SECONDS),
        }
        flags = ("--allow-run-as-root", "--display-map", "--tag-output", "--leave-session-attached")
        mca = (word for name, value in parameters.items() for word in ("--mca", name, value))
        count = self._settings.processes or each * len(hosts)
        start = ("mpirun", "--host", slots, "-np", str(count), *flags, *mca, "-bind-to", "none", "-map-by", "slot")
        return (*start, *self._settings.options, *_rank_command(job.command))

    def _lead(self, job: TrainingJob, program: RunningProgram, watch: WatchSettings) -> Verdict:
        with Master(watch, program, reports=False) as master, _facts(watch) as facts:
            early = master.wait_for_all()
            if early is not None:
                return early
            return master.conclude(self._own_end(job, self._mpirun(job, program, facts)))

    def _follow(self, job: TrainingJob, program: RunningProgram, watch: WatchSettings) -> Verdict:
        variables = self._variables(job)
        with Member(watch, program, lambda arguments: orted_command(arguments, variables)) as member:
            order = member.next_order()
            if order is None:
                return member.conclude(None)
            result = _run(order.command, job, program, variables)
            order.finished(result.exit_code)
            stopped = job.stopper.signum is not None
            return member.conclude(Verdict(_stop_code(job), stopped=True) if stopped else None)

    def _mpirun(self, job: TrainingJob, program: RunningProgram, extra: Mapping[str, str]) -> ChildResult:
        variables = {**self._variables(job), **extra}
        command = self.command(job, self._interface())
        found = shutil.which(command[0], path=variables.get("PATH"))
        if found is None:
            raise LauncherMissingError("MPI", command[0], "install Open MPI when the image is built")
        return _run((found, *command[1:]), job, program, variables)

    def _interface(self) -> str:
        return existing_interface(self._settings.interface, self._group.current_host)

    def _variables(self, job: TrainingJob) -> dict[str, str]:
        """Change the job's variables for ranks; orted hands them on to its host's ranks, so none need to travel."""
        # Unbuffered Python writes a line in pieces, and mpirun would tag each; ranks have a terminal's line buffer.
        dropped = ("PYTHONUNBUFFERED", SECRET_VARIABLE)
        variables = {name: value for name, value in job.variables.items() if name not in dropped}
        defaults = {"NCCL_MIN_NRINGS": "4", "NCCL_DEBUG": "INFO"}
        return {**defaults, **variables, **network_variables(self._interface(), variables)}

    def _own_end(self, job: TrainingJob, result: ChildResult) -> Verdict:
        if job.stopper.signum is not None:
            return Verdict(result.exit_code, result.signal, result.stderr_tail, stopped=True)
        if result.exit_code == 0:
            return Verdict(0)
        return mpi_verdict(result.exit_code, result.stderr_tail, self._group.hosts, self._group.processes_per_host)


def _stop_code(job: TrainingJob) -> int:
    return 128 + (job.stopper.signum or 0)


def _run(
    command: tuple[str, ...], job: TrainingJob, program: RunningProgram, variables: Mapping[str, str]
) -> ChildResult:
    """Run mpirun or orted; a stop goes to the ranks, which may then take their time."""
    try:
        return run(
            command,
            cwd=job.cwd,
            variables=variables,
            stopper=job.stopper,
            started=program.started,
            deliver=signal_children,
        )
    finally:
        program.gone()


def _rank_command(command: tuple[str, ...]) -> tuple[str, ...]:
    """Let mpi4py end the whole job when a rank raises; programs that are no Python run as they are."""
    if command[0] != sys.executable or importlib.util.find_spec("mpi4py") is None:
        return command
    return (command[0], "-m", "mpi4py", *command[1:])


@contextmanager
def _facts(watch: WatchSettings) -> Iterator[dict[str, str]]:
    """Leave the agents what they need in a file of our own: variables and arguments can be read by others."""
    with tempfile.TemporaryDirectory(prefix="byoml-mpi-") as folder:
        path = Path(folder) / "facts.json"
        group = watch.group
        facts = {"hosts": group.hosts, "current_host": group.current_host, "port": watch.port}
        path.touch(mode=0o600)
        path.write_text(json.dumps({**facts, "secret": watch.secret.hex()}))
        yield {FACTS_VARIABLE: str(path)}
