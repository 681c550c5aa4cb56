"""The plan of a multi-model endpoint: one worker, no model yet, and what all models share."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.plugin.manager import frameworks
from byoml.plugin.selection import select
from byoml.serving.plan import Plan
from byoml.serving.requirements import installing
from byoml.serving.settings import settle
from byoml.serving.sources import submitted
from byoml.source.install import install_requirements

if TYPE_CHECKING:
    import pluggy

    from byoml.child import Stopper
    from byoml.environment.serving_env import ServingEnv
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import ServerSettings

__all__ = ["plan_models"]

_log = logging.getLogger("byoml.serving")


def plan_models(env: ServingEnv, plugins: pluggy.PluginManager, stopper: Stopper) -> Plan:
    """Decide what holds for all models.

    Args:
        env: What the container is told.
        plugins: The plugin manager.
        stopper: Passes signals on to pip.

    Returns:
        The endpoint; its framework says how the server runs, each model has its own.

    Raises:
        ByomlError: The code that all models share cannot be had, or needs what cannot be installed.
    """
    framework = select(frameworks(plugins), env.environ.get("BYOML_FRAMEWORK"))
    shared = tuple(dict.fromkeys((*_submitted(env), env.paths.code)))
    for folder in shared:
        install_requirements(folder, installing(env), stopper)
    settings = _one_worker(framework, env)
    _log.info("serving models as they are loaded, on port %d: 1 worker (%s)", settings.port, settings.reason)
    return Plan(env, plugins, framework, None, settings, shared)


def _submitted(env: ServingEnv) -> list[Path]:
    """Pass over a folder of the one model that there is not here: SDKs name it in either mode."""
    uri = env.submit_directory
    if uri is not None and Path(uri.removeprefix("file://")).is_relative_to(env.paths.model) and not Path(uri).exists():
        return []
    return submitted(env)


def _one_worker(framework: Framework, env: ServingEnv) -> ServerSettings:
    settings = framework.server_settings(settle(env))
    if settings.workers > 1:
        _log.warning(
            "%d workers are asked for (%s), there is one: a model that is loaded in one worker is not in another",
            settings.workers,
            settings.reason,
        )
        settings = replace(settings, workers=1, reason="multi-model mode")
    return settings
