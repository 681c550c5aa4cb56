"""Load one worker's model, and the functions around it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from byoml.codecs import Codecs
from byoml.errors import ByomlError
from byoml.plugin.manager import all_answers
from byoml.plugin.values import Context
from byoml.serving.batch_job import BatchEngine, BatchRules
from byoml.serving.engine import Engine
from byoml.serving.functions import InferenceFunctions
from byoml.source.module import load_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    import pluggy

    from byoml.plugin.framework import Framework
    from byoml.serving.plan import Plan
    from byoml.serving.sources import Source

__all__ = ["all_codecs", "load_engine", "tell_failure"]

_log = logging.getLogger("byoml.serving")


def load_engine(plan: Plan, source: Source, importing: Callable[[Path, Path], ModuleType] | None = None) -> Engine:
    """Import the user's module, bind the functions, load the model, and tell the plugins.

    Args:
        plan: The endpoint.
        source: The model.
        importing: Imports the user's module by its file and the code folder, where the usual way does not do.

    Returns:
        An engine that can predict.

    Raises:
        UserModuleError: The user's module is broken.
        PluginConflictError: Two plugins bring one content type.
        SettingError: A variable of batch transforms holds what it must not.
        Exception: Whatever `model_fn` raises.
    """
    framework, model_dir, path = source.framework, source.model_dir, source.script
    module = (importing or load_module)(path, source.entry_point.code_dir) if source.entry_point and path else None
    functions = InferenceFunctions.bind(framework, module, path)
    codecs = all_codecs(plan.plugins)
    rules = BatchRules.read(plan.env)
    start = time.perf_counter()
    model = functions.model_fn(Context(model_dir, codecs), _as_users_write(model_dir, functions))
    seconds = time.perf_counter() - start
    plan.plugins.hook.byoml_after_model_load(framework=framework, model=model, seconds=seconds)
    _log.info("model loaded in %.2f s (%s)", seconds, _whose(functions, framework))
    parts = (framework, functions, codecs, model, model_dir)
    return Engine(*parts) if rules is None else BatchEngine(rules, *parts)


def tell_failure(error: BaseException) -> None:
    """Log why the model cannot be loaded: what users can mend in one line, the rest with its traceback.

    Args:
        error: What `load_engine` raised.
    """
    if isinstance(error, ByomlError):
        _log.error("the model cannot be loaded: %s", error, exc_info=error.__cause__)
    else:
        _log.error("the model cannot be loaded", exc_info=error)
        _log.error("the model cannot be loaded: %s: %s", type(error).__name__, error)


def _as_users_write(model_dir: Path, functions: InferenceFunctions) -> object:
    """Give user functions the folder as text, as AWS's toolkits do; a framework's get the path."""
    return str(model_dir) if functions.model_fn.by_user else model_dir


def _whose(functions: InferenceFunctions, framework: Framework) -> str:
    users = [handler.name for handler in functions.all if handler.by_user]
    return f"{', '.join(users) or 'nothing'} by the user, the rest by framework {framework.name}"


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
