"""What is run, and how it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import NothingToTrainError
from byoml.launchers.process import ProcessLauncher
from byoml.plugin.manager import one_answer
from byoml.source.entry_point import Named, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pluggy

    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Launcher
    from byoml.source.entry_point import EntryPoint

__all__ = ["choose_entry_point", "choose_launcher"]

_DEFAULT = "train.py"
_VARIABLES = ("BYOML_TRAIN_PROGRAM", "SAGEMAKER_PROGRAM")


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
    """
    code_dir = env.paths.code
    said = [Named(env.environ[name], name) for name in _VARIABLES if env.environ.get(name)]
    reserved = env.hyperparameters.reserved_text("sagemaker_program")
    if reserved:
        said.append(Named(reserved, "hyperparameter sagemaker_program"))
    entry_point = find([*said, Named(_DEFAULT)], [code_dir]) or framework.default_entry_point(env)
    if entry_point is None:
        raise NothingToTrainError(code_dir, installed)
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
