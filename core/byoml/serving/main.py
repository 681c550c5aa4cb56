"""From the container's tree to a running server, in order; here start-up errors become the exit code."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from byoml import log
from byoml.child import Stopped, Stopper
from byoml.environment.serving_env import ServingEnv, truth
from byoml.errors import ByomlError
from byoml.plugin import builtin_codecs
from byoml.plugin.manager import frameworks, make_manager
from byoml.plugin.selection import select
from byoml.serving.console import plugin as console
from byoml.serving.multi_model import plan_models
from byoml.serving.plan import Plan
from byoml.serving.requirements import install_all
from byoml.serving.sessions import fresh_sessions
from byoml.serving.settings import settle
from byoml.serving.sources import entry_point_in, submitted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]

_log = logging.getLogger("byoml.serving")


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

    with fresh_sessions(plan.env):
        return run(plan)


def _plan(environ: Mapping[str, str], stopper: Stopper) -> Plan:
    env = ServingEnv.read(environ)
    plugins = make_manager(environ, [builtin_codecs, *([console] if truth(environ.get("BYOML_CONSOLE")) else [])])
    if env.multi_model:
        return plan_models(env, plugins, stopper)
    framework = select(frameworks(plugins), environ.get("BYOML_FRAMEWORK"), env.paths.model)
    entry_point = entry_point_in(env, [*submitted(env), env.paths.model / "code", env.paths.code])
    install_all(env, [entry_point.code_dir] if entry_point else [], stopper)
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
