"""How the user's program is started: over hosts with TF_CONFIG, and with what scripts of their time expect."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.launchers.groups import HostGroup
from byoml.launchers.process import ProcessLauncher
from byoml.plugin import builtin_launchers
from byoml.plugin.builtin_launchers import watch_settings
from byoml.plugin.manager import make_manager, one_answer
from byoml.source.entry_point import Kind
from byoml.source.training_program import training_program

from byoml_tensorflow import tf_config
from byoml_tensorflow.function_scripts import is_function_script
from byoml_tensorflow.hosts_launcher import HostsLauncher

if TYPE_CHECKING:
    from collections.abc import Callable

    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.values import Launcher, Outcome, TrainingJob

__all__ = ["choose_launcher", "program_variables"]

_IN_CHILD = Path(__file__).parent / "in_child"
_MODEL_DIR = "model_dir"
_TUNED = "_tuning_objective_metric"
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def program_variables(env: TrainingEnv) -> dict[str, str]:
    """Make variables of the user's program; what the job sets itself stays.

    Args:
        env: The job.

    Returns:
        TF_CONFIG over several hosts; the path with which each Python of the job answers old names of Keras; a level at
        which TensorFlow tells of errors and not of each optimization.
    """
    import json

    group = HostGroup.of(env)
    path = [str(_IN_CHILD), str(env.paths.code), *filter(None, [env.environ.get("PYTHONPATH")])]
    variables = {"PYTHONPATH": os.pathsep.join(path)}
    if tf_config.VARIABLE not in env.environ and tf_config.is_distributed(env, group):
        variables[tf_config.VARIABLE] = json.dumps(tf_config.tf_config(env, group))
    if not env.environ.get(_LOG_LEVEL):
        variables[_LOG_LEVEL] = "2"
    return variables


def choose_launcher(env: TrainingEnv) -> Launcher | None:
    """Choose how the program is started.

    Args:
        env: The job.

    Returns:
        A launcher; None where core's will do.

    Raises:
        SecretMissingError: There are parameter servers, and nothing tells this job's hosts from strangers.
        SettingError: A variable holds what it must not.
        PluginConflictError: The command is to be changed, and two plugins select a launcher.
    """
    launcher: Launcher | None = None
    group = HostGroup.of(env)
    if tf_config.is_distributed(env, group):
        servers = tf_config.has_parameter_servers(env)
        watch = watch_settings(env, group, "TensorFlow with parameter servers", needed=servers)
        config = tf_config.tf_config(env, group)
        serves = servers and config["task"]["type"] != "evaluator"
        launcher = HostsLauncher(group, watch, tf_config.server_config(config, group.rank) if serves else None)
    changes = [change for change in (_estimators(env), _model_dir(env)) if change is not None]
    if not changes:
        return launcher
    return _Changed(launcher or _selected(env), changes)


def _selected(env: TrainingEnv) -> Launcher:
    """Ask whom core would ask, as it asks nobody once a framework names a launcher."""
    plugins = make_manager(env.environ, [builtin_launchers])
    launcher: Launcher | None = one_answer(plugins, "byoml_select_launcher", "a launcher", env=env)
    return launcher or ProcessLauncher()


class _Changed:
    """Starts a changed command in the way of another launcher."""

    def __init__(self, launcher: Launcher, changes: list[Callable[[tuple[str, ...]], tuple[str, ...]]]) -> None:
        self.name = launcher.name
        self._launcher = launcher
        self._changes = changes

    def launch(self, job: TrainingJob) -> Outcome:
        command = job.command
        for change in self._changes:
            command = change(command)
        return self._launcher.launch(replace(job, command=command))


def _estimators(env: TrainingEnv) -> Callable[[tuple[str, ...]], tuple[str, ...]] | None:
    """Have a script that only defines functions run by our program, which calls them (contract/inference F-16)."""
    program = training_program(env)
    if program is None or program.kind is not Kind.SCRIPT or not is_function_script(program.code_dir / program.name):
        return None
    return lambda command: (sys.executable, "-m", "byoml_tensorflow.estimators", *command[1:2])


def _model_dir(env: TrainingEnv) -> Callable[[tuple[str, ...]], tuple[str, ...]] | None:
    """Give each job of a tuning its own place below the model_dir that all of them are told (contract/training 5.7)."""
    said = env.hyperparameters.user.get(_MODEL_DIR)
    if not isinstance(said, str) or said.startswith("/opt/ml") or _TUNED not in env.hyperparameters.reserved:
        return None
    option, own = f"--{_MODEL_DIR}", f"{said}/{env.job_name}/model"
    return lambda command: tuple(
        own if word == said and before == option else word
        for before, word in zip(("", *command), command, strict=False)
    )
