"""What is run, and how it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.environment.config_files import read_config
from byoml.errors import NothingToTrainError
from byoml.launchers.process import ProcessLauncher
from byoml.plugin.manager import one_answer
from byoml.source.training_program import training_program

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pluggy

    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Launcher
    from byoml.source.entry_point import EntryPoint

__all__ = ["choose_entry_point", "choose_launcher", "choose_requirements", "choose_source"]

_CODE_CHANNEL = "code"
_DRIVERS_CHANNEL = "sm_drivers"
_AUTO = "auto"


def choose_source(env: TrainingEnv) -> str | None:
    """Say where the user's code comes from: the submit directory, else the channel `code`, as SDKs send it.

    Args:
        env: The job.

    Returns:
        Its URI or path; None: the code folder is used as it is.
    """
    if env.submit_directory:
        return env.submit_directory
    channel = env.channel(_CODE_CHANNEL)
    return str(channel.path) if channel and channel.path.is_dir() and any(channel.path.iterdir()) else None


def choose_requirements(env: TrainingEnv) -> str | None:
    """Name the requirements file that a v3 SDK's job asks for.

    Args:
        env: The job.

    Returns:
        Its name, relative to the code folder; None: the usual one.

    Raises:
        UnreadableConfigFileError: A file of the SDK's does not parse.
    """
    said = read_config(env.paths.input_data / _DRIVERS_CHANNEL, "sourcecode.json").get("requirements")
    return str(said) if said and said != _AUTO else None


def choose_entry_point(env: TrainingEnv, framework: Framework, installed: Iterable[str]) -> EntryPoint:
    """Find the user's program, else the framework's algorithm.

    Args:
        env: The job.
        framework: The chosen framework.
        installed: Names of all installed frameworks, for the error.

    Returns:
        The entry point.

    Raises:
        EntryPointMissingError: A program is named and is not there.
        NothingToTrainError: There is neither a program nor an algorithm.
        SettingError: SAGEMAKER_TRAINING_MODULE names no function.
    """
    entry_point = training_program(env) or framework.default_entry_point(env)
    if entry_point is None:
        raise NothingToTrainError(env.paths.code, installed)
    return entry_point


def choose_launcher(env: TrainingEnv, framework: Framework, plugins: pluggy.PluginManager) -> Launcher:
    """Choose how the program is started: by the framework's launcher, else one that a plugin selects, else one process.

    Args:
        env: The job.
        framework: The chosen framework.
        plugins: The plugin manager.

    Returns:
        The launcher.

    Raises:
        PluginConflictError: Two plugins select one.
    """
    launcher: Launcher | None = framework.launcher(env)
    return launcher or one_answer(plugins, "byoml_select_launcher", "a launcher", env=env) or ProcessLauncher()
