"""The whole processing job in order; `run_road` turns what is raised into the exit code and the exit message."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from byoml import log, report
from byoml.environment.paths import ContainerPaths
from byoml.environment.processing_env import ProcessingEnv
from byoml.environment.processing_vars import processing_variables
from byoml.launchers.process import ProcessLauncher
from byoml.plugin import builtin_hints
from byoml.plugin.manager import frameworks, make_manager
from byoml.plugin.selection import select
from byoml.plugin.values import TrainingJob
from byoml.processing.choose import choose_entry_point, split, unpack_source
from byoml.processing.message import make_readable
from byoml.road import run_road
from byoml.source.install import install

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from byoml.child import Stopper
    from byoml.source.entry_point import EntryPoint

__all__ = ["main"]

_log = logging.getLogger("byoml.processing")


def main(environ: Mapping[str, str], args: Sequence[str], started_in: Path) -> int:
    """Run the processing job that lies under `/opt/ml`.

    Args:
        environ: Environment variables; `SAGEMAKER_BASE_DIR` names another root.
        args: The script and its arguments; without a script, the arguments alone.
        started_in: The folder that the container started in.

    Returns:
        The exit code: the program's own, 128+n where signal n ended it, 1 for whatever fails around it.
    """
    message = ContainerPaths.from_environ(environ).message
    code = run_road(environ, message, lambda stopper: _process(environ, args, started_in, stopper))
    make_readable(message)
    return code


def _process(environ: Mapping[str, str], args: Sequence[str], started_in: Path, stopper: Stopper) -> int:
    env = ProcessingEnv.read(environ)
    log.configure(env.log_level)
    plugins = make_manager(environ, [builtin_hints])
    framework = select(frameworks(plugins), environ.get("BYOML_FRAMEWORK"))
    unpack_source(env)
    script, user_args = split(args)
    entry_point = choose_entry_point(env, script, started_in, framework)
    entry_point.allow_execution()
    install(entry_point, environ, stopper)
    job = _job(env, entry_point, user_args, stopper)
    _log.info("%s starts on host %s", entry_point.name, env.resources.current_host)
    outcome = ProcessLauncher().launch(job)
    if outcome.exit_code and not outcome.stopped:
        hint = plugins.hook.byoml_explain_failure(env=env, outcome=outcome)
        report.tell(env.paths.message, outcome, outcome.command, hint)
    return outcome.exit_code


def _job(env: ProcessingEnv, entry_point: EntryPoint, args: tuple[str, ...], stopper: Stopper) -> TrainingJob:
    path = [str(entry_point.code_dir), *filter(None, [env.environ.get("PYTHONPATH")])]
    variables = {
        "PYTHONUNBUFFERED": "1",
        **env.environ,
        "PYTHONPATH": os.pathsep.join(path),
        **processing_variables(env, entry_point.code_dir, entry_point.name, args),
    }
    resources = env.resources
    command = entry_point.command(args)
    return TrainingJob(command, entry_point.code_dir, variables, stopper, resources.hosts, resources.host_rank)
