"""From the container's tree to a running server, in order; here start-up errors become the exit code."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from byoml import log
from byoml.child import Stopped, Stopper
from byoml.environment.serving_env import ServingEnv, truth
from byoml.errors import ByomlError
from byoml.plugin import builtin_codecs
from byoml.plugin.manager import frameworks, make_manager
from byoml.plugin.selection import select
from byoml.serving.console import plugin as console
from byoml.serving.plan import Plan
from byoml.serving.settings import settle
from byoml.source.entry_point import Named, find
from byoml.source.fetch import fetch
from byoml.source.install import install_requirements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.source.entry_point import EntryPoint

__all__ = ["main"]

_log = logging.getLogger("byoml.serving")
_DEFAULT = "inference.py"
_VARIABLES = ("BYOML_SERVE_PROGRAM", "SAGEMAKER_PROGRAM")


def main(environ: Mapping[str, str]) -> int:
    """Serve the model that lies under `/opt/ml/model`.

    Args:
        environ: Environment variables; `SAGEMAKER_BASE_DIR` names another root.

    Returns:
        The exit code: 0 after SIGTERM, 1 where the endpoint cannot be served.
    """
    log.configure(log.level_number(environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL")), environ.get("BYOML_LOG_FORMAT"))
    try:
        with Stopper().listening() as stopper:
            plan = _plan(environ, stopper)
    except Stopped:
        return 0
    except ByomlError as error:
        _log.error("%s: %s", type(error).__name__, error)
        return error.exit_code
    from byoml.serving.server import run

    return run(plan)


def _plan(environ: Mapping[str, str], stopper: Stopper) -> Plan:
    env = ServingEnv.read(environ)
    plugins = make_manager(environ, [builtin_codecs, *([console] if truth(environ.get("BYOML_CONSOLE")) else [])])
    framework = select(frameworks(plugins), environ.get("BYOML_FRAMEWORK"), env.paths.model)
    entry_point = _entry_point(env)
    if entry_point is not None:
        install_requirements(entry_point.code_dir, environ, stopper)
    settings = framework.server_settings(settle(env))
    script = entry_point.name if entry_point else "no script"
    _log.info(
        "serving %s with framework %s and %s on port %d: %d workers (%s)",
        env.paths.model,
        framework.name,
        script,
        settings.port,
        settings.workers,
        settings.reason,
    )
    return Plan(env, plugins, framework, entry_point, settings)


def _entry_point(env: ServingEnv) -> EntryPoint | None:
    said = [Named(env.environ[name], name) for name in _VARIABLES if env.environ.get(name)]
    return find([*said, Named(_DEFAULT)], [*_submitted(env), env.paths.model / "code", env.paths.code])


def _submitted(env: ServingEnv) -> list[Path]:
    """Use a submitted folder where it lies; an archive is unpacked over the code folder, which is looked at anyway."""
    uri = env.submit_directory
    if uri is None:
        return []
    if Path(uri).is_dir():
        return [Path(uri)]
    fetch(uri, env.paths.code, env.environ)
    return [env.paths.code]
