"""The whole training job in order; `run_road` turns what is raised into the exit code and the failure file."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import TYPE_CHECKING

from byoml import log, report
from byoml.environment.cmd_args import to_cmd_args
from byoml.environment.env_vars import training_variables
from byoml.environment.paths import ContainerPaths
from byoml.environment.training_env import TrainingEnv
from byoml.errors import FolderUnwritableError
from byoml.plugin import builtin_hints, builtin_launchers
from byoml.plugin.manager import frameworks, make_manager
from byoml.plugin.selection import select
from byoml.plugin.values import TrainingJob
from byoml.road import run_road, seconds_of
from byoml.source.fetch import fetch
from byoml.source.install import install
from byoml.training.choose import choose_entry_point, choose_launcher, choose_requirements, choose_source
from byoml.training.intermediate import uploading

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pluggy

    from byoml.child import Stopper
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Outcome
    from byoml.source.entry_point import EntryPoint

__all__ = ["main"]

_log = logging.getLogger("byoml.training")
_PEER_SECONDS = 900.0


def main(environ: Mapping[str, str]) -> int:
    """Run the training job that lies under `/opt/ml`.

    Args:
        environ: Environment variables; `SAGEMAKER_BASE_DIR` names another root.

    Returns:
        The exit code: the program's own, 128+n where signal n ended it, 1 for whatever fails around it.
    """
    return run_road(environ, ContainerPaths.from_environ(environ).failure, partial(_train, environ))


def _train(environ: Mapping[str, str], stopper: Stopper) -> int:
    env = TrainingEnv.read(environ)
    log.configure(env.log_level)
    plugins = make_manager(environ, [builtin_hints, builtin_launchers])
    installed = frameworks(plugins)
    framework = select(installed, environ.get("BYOML_FRAMEWORK"))
    _make_folders(env)
    fetch(choose_source(env), env.paths.code, environ)
    entry_point = choose_entry_point(env, framework, installed)
    entry_point.allow_execution()
    wheels = env.channel("wheels")
    install(entry_point, environ, stopper, wheels.path if wheels else None, choose_requirements(env))
    _wait_for_peers(env)
    launcher = choose_launcher(env, framework, plugins)
    job = _job(env, framework, plugins, entry_point, stopper)
    plugins.hook.byoml_before_training(env=env, job=job)
    _log.info("%s starts %s on host %s", launcher.name, entry_point.name, env.resources.current_host)
    with uploading(env, stopper):
        outcome = launcher.launch(job)
        plugins.hook.byoml_after_training(env=env, outcome=outcome)
        return _conclude(env, framework, plugins, outcome)


def _conclude(env: TrainingEnv, framework: Framework, plugins: pluggy.PluginManager, outcome: Outcome) -> int:
    if outcome.exit_code == 0:
        for warning in framework.check_model_dir(env.paths.model):
            _log.warning("%s", warning)
    elif not outcome.stopped:
        hint = plugins.hook.byoml_explain_failure(env=env, outcome=outcome)
        report.tell(env.paths.failure, outcome, outcome.command, hint)
    return outcome.exit_code


def _job(
    env: TrainingEnv,
    framework: Framework,
    plugins: pluggy.PluginManager,
    entry_point: EntryPoint,
    stopper: Stopper,
) -> TrainingJob:
    args = to_cmd_args(env.hyperparameters.user, env.environ.get("BYOML_CLI_POLICY") or "toolkit")
    path = [str(entry_point.code_dir), *filter(None, [env.environ.get("PYTHONPATH")])]
    own = {"PYTHONPATH": os.pathsep.join(path), **env.hyperparameters.variables, **framework.env_vars(env)}
    variables = {"PYTHONUNBUFFERED": "1", **env.environ, **own}
    for extra in plugins.hook.byoml_env_vars(env=env):
        variables.update(extra)
    variables.update(training_variables(env, entry_point.name, args))
    command = entry_point.command(args)
    resources = env.resources
    return TrainingJob(command, entry_point.code_dir, variables, stopper, resources.hosts, resources.host_rank)


def _make_folders(env: TrainingEnv) -> None:
    """Make what programs expect to be there, on trees that no platform has prepared."""
    try:
        env.paths.code.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnwritableError(env.paths.code, error) from None
    for folder in (env.paths.model, env.paths.output_data):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _log.warning("%s cannot be made (%s)", folder, error)


def _wait_for_peers(env: TrainingEnv) -> None:
    alone = env.environ.get("SM_STUDIO_LOCAL_MODE", "").lower() == "true"
    if len(env.resources.hosts) == 1 or alone:
        return
    from byoml.cluster import wait_for_names  # brings sockets and thread pools, which one host does without
    from byoml.launchers.groups import needed_peers

    peers = needed_peers(env)
    if peers:
        wait_for_names(peers, seconds_of(env.environ, "BYOML_PEER_TIMEOUT_SECONDS", _PEER_SECONDS))
