"""The whole training job in order, and the one place that turns errors into the exit code and the failure file."""

from __future__ import annotations

import logging
import os
import traceback
from typing import TYPE_CHECKING

from byoml import log
from byoml.child import Stopped, Stopper
from byoml.cluster import wait_for_names
from byoml.environment.cmd_args import to_cmd_args
from byoml.environment.env_vars import training_variables
from byoml.environment.paths import ContainerPaths
from byoml.environment.training_env import TrainingEnv
from byoml.errors import ByomlError, SettingError, UserCodeError
from byoml.plugin import builtin_hints
from byoml.plugin.manager import frameworks, make_manager
from byoml.plugin.selection import select
from byoml.plugin.values import TrainingJob
from byoml.source.fetch import fetch
from byoml.source.install import install
from byoml.training import failure
from byoml.training.choose import choose_entry_point, choose_launcher

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pluggy

    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Outcome
    from byoml.source.entry_point import EntryPoint

__all__ = ["main"]

_log = logging.getLogger("byoml.training")
_GRACE_SECONDS = 110.0
_PEER_SECONDS = 900.0


def main(environ: Mapping[str, str]) -> int:
    """Run the training job that lies under `/opt/ml`.

    Args:
        environ: Environment variables; `SAGEMAKER_BASE_DIR` names another root.

    Returns:
        The exit code: the program's own, 128+n where signal n ended it, 1 for whatever fails around it.
    """
    log.configure(log.level_number(environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL")))
    report = ContainerPaths.from_environ(environ).failure
    try:
        stopper = Stopper(_seconds(environ, "BYOML_STOP_GRACE_SECONDS", _GRACE_SECONDS))
        with stopper.listening():
            report.unlink(missing_ok=True)
            return _train(environ, stopper)
    except Stopped as stopped:
        _log.info("stopped before the program ran")
        return stopped.exit_code
    except UserCodeError as error:
        return _fail(report, error, error.stderr_tail)
    except ByomlError as error:
        return _fail(report, error, "")
    except Exception as error:  # noqa: BLE001  whatever it is, the job has failed and must say so
        return _fail(report, error, traceback.format_exc())


def _fail(report: Path, error: Exception, tail: str) -> int:
    summary = f"{type(error).__name__}: {error}"
    _log.error("%s%s", summary, "" if isinstance(error, ByomlError) else f"\n{tail}")
    failure.write(report, failure.describe(summary, None, tail, (), 1))
    return error.exit_code if isinstance(error, ByomlError) else 1


def _train(environ: Mapping[str, str], stopper: Stopper) -> int:
    env = TrainingEnv.read(environ)
    log.configure(env.log_level)
    plugins = make_manager(environ, [builtin_hints])
    installed = frameworks(plugins)
    framework = select(installed, environ.get("BYOML_FRAMEWORK"))
    _make_folders(env)
    fetch(env.submit_directory, env.paths.code)
    entry_point = choose_entry_point(env, framework, installed)
    entry_point.allow_execution()
    install(entry_point, environ, stopper)
    _wait_for_peers(env)
    launcher = choose_launcher(env, framework, plugins)
    job = _job(env, framework, plugins, entry_point, stopper)
    plugins.hook.byoml_before_training(env=env, job=job)
    _log.info("%s starts %s on host %s", launcher.name, entry_point.name, env.resources.current_host)
    outcome = launcher.launch(job)
    plugins.hook.byoml_after_training(env=env, outcome=outcome)
    return _conclude(env, framework, plugins, outcome)


def _conclude(env: TrainingEnv, framework: Framework, plugins: pluggy.PluginManager, outcome: Outcome) -> int:
    if outcome.exit_code == 0:
        for warning in framework.check_model_dir(env.paths.model):
            _log.warning("%s", warning)
    elif not outcome.stopped:
        hint = plugins.hook.byoml_explain_failure(env=env, outcome=outcome)
        summary = failure.summary_of(outcome)
        text = failure.describe(summary, hint, outcome.stderr_tail, outcome.command, outcome.exit_code)
        failure.write(env.paths.failure, text)
        reason = f"{summary}; {hint}" if hint else summary
        _log.error("the program failed with exit code %d: %s", outcome.exit_code, reason)
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
    variables = {"PYTHONUNBUFFERED": "1", **env.environ, "PYTHONPATH": os.pathsep.join(path), **framework.env_vars(env)}
    for extra in plugins.hook.byoml_env_vars(env=env):
        variables.update(extra)
    variables.update(training_variables(env, entry_point.name, args))
    command = entry_point.command(args)
    resources = env.resources
    return TrainingJob(command, entry_point.code_dir, variables, stopper, resources.hosts, resources.host_rank)


def _make_folders(env: TrainingEnv) -> None:
    """Make what programs expect to be there, on trees that no platform has prepared."""
    env.paths.code.mkdir(parents=True, exist_ok=True)
    for folder in (env.paths.model, env.paths.output_data):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _log.warning("%s cannot be made (%s)", folder, error)


def _wait_for_peers(env: TrainingEnv) -> None:
    alone = env.environ.get("SM_STUDIO_LOCAL_MODE", "").lower() == "true"
    peers = [host for host in env.resources.hosts if host != env.resources.current_host]
    if peers and not alone:
        wait_for_names(peers, _seconds(env.environ, "BYOML_PEER_TIMEOUT_SECONDS", _PEER_SECONDS))


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "").strip()
    try:
        return float(text) if text else default
    except ValueError:
        raise SettingError(name, text, "a number of seconds") from None
