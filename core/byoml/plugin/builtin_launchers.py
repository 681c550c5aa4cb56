"""Core's own answer to `byoml_select_launcher`: MPI and torchrun, as hyperparameters or SDK v3 ask for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from byoml.environment.distribution import is_on
from byoml.plugin.hookspecs import hookimpl

if TYPE_CHECKING:
    from byoml.environment.training_env import TrainingEnv
    from byoml.launchers.groups import HostGroup
    from byoml.launchers.watch import WatchSettings
    from byoml.plugin.values import Launcher

__all__ = ["byoml_select_launcher", "mpi_launcher", "torchrun_launcher", "watch_settings"]

_log = logging.getLogger("byoml.launchers")
_MPI = ("sagemaker_mpi_enabled", "sagemaker_use_mpi")
_TORCHRUN = ("sagemaker_pytorch_ddp_enabled", "sagemaker_torch_distributed_enabled")
_PEER_SECONDS = 900.0


@hookimpl
def byoml_select_launcher(env: TrainingEnv) -> Launcher | None:
    """Give the launcher that the job asks for, MPI before torchrun; hosts outside the distribution get none."""
    said = env.hyperparameters.framework
    from byoml.environment.sm_drivers import DriverFiles

    drivers = DriverFiles.read(env.paths)
    mpi, torchrun = any(is_on(said.get(name)) for name in _MPI), any(is_on(said.get(name)) for name in _TORCHRUN)
    if not mpi and not torchrun:
        mpi, torchrun = drivers.uses_mpi, drivers.uses_torchrun
    if not mpi and not torchrun:
        return None
    # What follows brings sockets and threads, which a job of one process does without.
    from byoml.launchers.groups import HostGroup

    group = HostGroup.of(env)
    if not group.takes_part:
        _log.info("host %s is outside the distribution groups: it runs one process", group.current_host)
        return None
    return mpi_launcher(env, group) if mpi else torchrun_launcher(env, group)


def mpi_launcher(env: TrainingEnv, group: HostGroup) -> Launcher:
    """Make the launcher that runs mpirun over the hosts, set up as the job's hyperparameters and SDK v3 say.

    Args:
        env: The job.
        group: The hosts that take part.

    Returns:
        The launcher.

    Raises:
        SettingError: A hyperparameter or variable holds what it must not.
        SecretMissingError: There are several hosts, and nothing that only they know.
    """
    from byoml.environment.sm_drivers import DriverFiles
    from byoml.launchers.mpi import MpiLauncher, MpiSettings

    drivers = DriverFiles.read(env.paths)
    options = _first(env, "sagemaker_mpi_custom_mpi_options", "sagemaker_additional_mpi_options")
    settings = MpiSettings(
        _interface(env),
        _whole(env, "sagemaker_mpi_num_processes", "sagemaker_num_processes"),
        MpiSettings.words(options or drivers.distributed.get("mpi_additional_options")),
    )
    return MpiLauncher(group, settings, watch_settings(env, group, "MPI", needed=True))


def torchrun_launcher(env: TrainingEnv, group: HostGroup) -> Launcher:
    """Make the launcher that runs torchrun on each host, set up as the job's hyperparameters and variables say.

    Args:
        env: The job.
        group: The hosts that take part.

    Returns:
        The launcher.

    Raises:
        SettingError: A variable holds what it must not.
    """
    from byoml.launchers.torchrun import TorchrunLauncher, TorchrunSettings

    settings = TorchrunSettings.read(env.environ, _interface(env), env.job_name)
    return TorchrunLauncher(group, settings, watch_settings(env, group, "torchrun", needed=False))


def _interface(env: TrainingEnv) -> str:
    return str(_first(env, "sagemaker_network_interface_name") or env.resources.network_interface)


def watch_settings(env: TrainingEnv, group: HostGroup, launcher: str, *, needed: bool) -> WatchSettings | None:
    """Say how the hosts of a launcher watch each other.

    Args:
        env: The job.
        group: The hosts that take part.
        launcher: Its name, for the error.
        needed: Whether the launcher cannot do without.

    Returns:
        The settings; None for one host, or where nothing is secret and the launcher can do without.

    Raises:
        SecretMissingError: Nothing is secret, and the launcher cannot do without.
        SettingError: A variable holds what it must not.
    """
    from byoml.launcher_errors import SecretMissingError
    from byoml.launchers.secret import job_secret
    from byoml.launchers.watch import DEFAULT_PORT, WatchSettings, port_of
    from byoml.road import seconds_of

    if len(group.hosts) == 1:
        return None
    secret = job_secret(env)
    if secret is None:
        if needed:
            raise SecretMissingError(launcher)
        _log.warning("hosts do not watch each other: neither TRAINING_JOB_NAME nor BYOML_STATUS_SECRET is set")
        return None
    port = port_of(env.environ, "BYOML_STATUS_PORT", DEFAULT_PORT)
    return WatchSettings(group, secret, port, seconds_of(env.environ, "BYOML_PEER_TIMEOUT_SECONDS", _PEER_SECONDS))


def _first(env: TrainingEnv, *names: str) -> Any:
    return next((value for name in names if (value := env.hyperparameters.framework.get(name))), None)


def _whole(env: TrainingEnv, *names: str) -> int | None:
    from byoml.errors import SettingError

    value = _first(env, *names)
    if value is None:
        return None
    if not str(value).isdecimal():
        raise SettingError(" or ".join(names), value, "a whole number of processes")
    return int(str(value))
