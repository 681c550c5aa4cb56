"""Load one worker's model, and the functions around it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

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

__all__ = ["all_codecs", "import_script", "load_engine", "tell_failure"]

_log = logging.getLogger("byoml.serving")


def import_script(source: Source, importing: Callable[[Path, Path], ModuleType] = load_module) -> ModuleType | None:
    """Import the user's module.

    Args:
        source: The model.
        importing: Imports it by its file and the code folder, where the usual way does not do.

    Returns:
        The module, None where there is none.

    Raises:
        UserModuleError: It is broken.
    """
    path = source.script
    if source.entry_point is None or path is None:
        return None
    source.framework.before_script()
    return importing(path, source.entry_point.code_dir)


def load_engine(plan: Plan, source: Source, module: ModuleType | None, device: str = "cpu") -> Engine:
    """Bind the functions, load the model, and tell the plugins.

    Args:
        plan: The endpoint.
        source: The model.
        module: The user's module, None where there is none.
        device: What this worker computes with, for the context.

    Returns:
        An engine that can predict.

    Raises:
        UserModuleError: A function of the user does not fit.
        PluginConflictError: Two plugins bring one content type.
        SettingError: A variable of batch transforms holds what it must not.
        Exception: Whatever `model_fn` raises.
    """
    framework, model_dir = source.framework, source.model_dir
    functions = InferenceFunctions.bind(framework, module, source.script)
    codecs = all_codecs(plan.plugins)
    rules = BatchRules.read(plan.env)
    start = time.perf_counter()
    told = Context(model_dir, codecs, device=device, environ=plan.env.environ, users=functions.users)
    model = _load_model(functions, told, model_dir)
    seconds = time.perf_counter() - start
    plan.plugins.hook.byoml_after_model_load(framework=framework, model=model, seconds=seconds)
    _log.info("model loaded in %.2f s (%s)", seconds, _whose(functions, framework))
    parts = (framework, functions, codecs, model, model_dir)
    engine = Engine(*parts) if rules is None else BatchEngine(rules, *parts)
    engine.device = device
    engine.environ = plan.env.environ
    engine.default_accept = plan.env.default_accept or framework.default_accept
    return engine


def _load_model(functions: InferenceFunctions, context: Context, model_dir: Path) -> Any:
    """Load between what the user wants done before and after (contract/inference 3.1).

    Whatever ends it ends it as it is: a stop, or an exit of the script.
    """
    if functions.pre_model_fn:
        functions.pre_model_fn.call(context, str(model_dir))
    model = functions.model_fn.call(context, _as_users_write(model_dir, functions))
    if functions.model_warmup_fn:
        functions.model_warmup_fn.call(context, str(model_dir), model)
    return model


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
