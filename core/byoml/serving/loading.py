"""Load one worker's model, and the functions around it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from byoml.codecs import Codecs
from byoml.plugin.manager import all_answers
from byoml.plugin.values import Context
from byoml.serving.batch_job import BatchEngine, BatchRules
from byoml.serving.engine import Engine
from byoml.serving.functions import InferenceFunctions
from byoml.source.module import load_module

if TYPE_CHECKING:
    import pluggy

    from byoml.serving.plan import Plan

__all__ = ["all_codecs", "load_engine"]

_log = logging.getLogger("byoml.serving")


def load_engine(plan: Plan) -> Engine:
    """Import the user's module, bind the functions, load the model, and tell the plugins.

    Args:
        plan: The endpoint.

    Returns:
        An engine that can predict.

    Raises:
        UserModuleError: The user's module is broken.
        PluginConflictError: Two plugins bring one content type.
        SettingError: A variable of batch transforms holds what it must not.
        Exception: Whatever `model_fn` raises.
    """
    entry_point = plan.entry_point
    path = entry_point.code_dir / entry_point.name if entry_point else None
    module = load_module(path, entry_point.code_dir) if entry_point and path else None
    functions = InferenceFunctions.bind(plan.framework, module, path)
    codecs = all_codecs(plan.plugins)
    rules = BatchRules.read(plan.env)
    model_dir = plan.env.paths.model
    start = time.perf_counter()
    model = functions.model_fn(Context(model_dir, codecs), _as_users_write(plan, functions))
    seconds = time.perf_counter() - start
    plan.plugins.hook.byoml_after_model_load(framework=plan.framework, model=model, seconds=seconds)
    _log.info("model loaded in %.2f s (%s)", seconds, _whose(functions, plan))
    parts = (plan.framework, functions, codecs, model, model_dir)
    return Engine(*parts) if rules is None else BatchEngine(rules, *parts)


def _as_users_write(plan: Plan, functions: InferenceFunctions) -> object:
    """Give user functions the folder as text, as AWS's toolkits do; a framework's get the path."""
    return str(plan.env.paths.model) if functions.model_fn.by_user else plan.env.paths.model


def _whose(functions: InferenceFunctions, plan: Plan) -> str:
    users = [handler.name for handler in functions.all if handler.by_user]
    return f"{', '.join(users) or 'nothing'} by the user, the rest by framework {plan.framework.name}"


def all_codecs(plugins: pluggy.PluginManager) -> Codecs:
    """Collect core's codecs and those of plugins.

    Args:
        plugins: The plugin manager.

    Returns:
        All of them.

    Raises:
        PluginConflictError: Two plugins bring one content type.
    """
    answers = all_answers(plugins, "byoml_register_codecs")
    return Codecs((owner, codec) for owner, codecs in answers for codec in codecs)
