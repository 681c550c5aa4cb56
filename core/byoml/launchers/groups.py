"""The hosts that run one distributed program together, and how many processes each of them runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.environment.distribution import distribution_groups, distribution_hosts
from byoml.environment.sm_drivers import DriverFiles
from byoml.errors import SettingError

if TYPE_CHECKING:
    from byoml.environment.training_env import TrainingEnv

__all__ = ["HostGroup", "needed_peers"]

_PROCESSES = ("sagemaker_mpi_num_of_processes_per_host", "sagemaker_process_slots_per_host")


@dataclass(frozen=True)
class HostGroup:
    """The hosts of one distributed program (contract/training 5.1).

    Args:
        hosts: Rank order; the first is the master.
        current_host: This host.
        processes_per_host: Processes on each of them.
    """

    hosts: tuple[str, ...]
    current_host: str
    processes_per_host: int = 1

    @classmethod
    def of(cls, env: TrainingEnv) -> HostGroup:
        """Find the hosts of the job's distributed program.

        Args:
            env: The job.

        Returns:
            The hosts of the distribution groups; all hosts where SDK v3 asks for a launcher, as it knows no groups.

        Raises:
            SettingError: The number of processes is no number.
        """
        drivers = DriverFiles.read(env.paths)
        named = distribution_groups(env.hyperparameters, env.resources)
        everywhere = not named and (drivers.uses_mpi or drivers.uses_torchrun)
        hosts = env.resources.hosts if everywhere else distribution_hosts(env.hyperparameters, env.resources)
        return cls(hosts, env.resources.current_host, _processes(env, drivers))

    @property
    def master(self) -> str:
        return self.hosts[0]

    @property
    def rank(self) -> int:
        return self.hosts.index(self.current_host)

    @property
    def takes_part(self) -> bool:
        return self.current_host in self.hosts

    @property
    def is_master(self) -> bool:
        return self.hosts[:1] == (self.current_host,)


def needed_peers(env: TrainingEnv) -> list[str]:
    """Name the hosts that this one must be able to find before its program starts.

    Args:
        env: The job.

    Returns:
        The others of its distributed program; none for a host outside of it; all others where nothing is distributed.
    """
    group = HostGroup.of(env)
    if not group.hosts:
        return [host for host in env.resources.hosts if host != env.resources.current_host]
    return [host for host in group.hosts if host != group.current_host] if group.takes_part else []


def _processes(env: TrainingEnv, drivers: DriverFiles) -> int:
    """Count the processes of a host: as said, else one for each accelerator, else one; 0 says nothing."""
    said = env.hyperparameters.framework
    for name, value in [*((name, said.get(name)) for name in _PROCESSES), _driver_count(drivers)]:
        if value:
            return _whole(name, value)
    return env.accelerators.gpus or env.accelerators.neurons or 1


def _driver_count(drivers: DriverFiles) -> tuple[str, Any]:
    return "process_count_per_node of distributed.json", drivers.distributed.get("process_count_per_node")


def _whole(name: str, value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit():
        raise SettingError(name, value, "a whole number of processes")
    return int(text)
