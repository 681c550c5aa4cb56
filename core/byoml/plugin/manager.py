"""The plugin manager of one process: made in `main`, handed on, never global."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pluggy

from byoml.plugin import hookspecs
from byoml.plugin.discovery import find_plugins
from byoml.plugin_errors import PluginBrokenError, PluginConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType

    from byoml.plugin.framework import Framework

__all__ = ["all_answers", "frameworks", "make_manager", "one_answer"]

# Core's own plugins are registered under their modules' names.
_BUILTIN = "byoml."


def make_manager(environ: Mapping[str, str], builtins: Iterable[ModuleType] = ()) -> pluggy.PluginManager:
    """Make the manager, with core's own plugins and those of installed distributions.

    Args:
        environ: `BYOML_DISABLED_PLUGINS`, a comma list of names, leaves plugins out; `BYOML_TRACE_PLUGINS=1` prints
            each call.
        builtins: Core's own plugins for the road that is taken.

    Returns:
        A manager whose every implementation fits a hook.

    Raises:
        PluginBrokenError: A plugin cannot be imported, or implements a hook that there is not.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    if environ.get("BYOML_TRACE_PLUGINS") == "1":
        manager.trace.root.setwriter(sys.stderr.write)
        manager.enable_tracing()
    for module in builtins:
        manager.register(module, name=module.__name__)
    disabled = {name.strip() for name in environ.get("BYOML_DISABLED_PLUGINS", "").split(",")}
    for entry in find_plugins(hookspecs.PROJECT):
        if entry.name not in disabled:
            _register(manager, entry)
    return manager


def _register(manager: pluggy.PluginManager, entry: EntryPoint) -> None:
    distribution = entry.dist.name if entry.dist else "unknown"
    try:
        manager.register(entry.load(), name=entry.name)
        manager.check_pending()
    except Exception as error:
        raise PluginBrokenError(entry.name, distribution, error) from error


def all_answers(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
    """Call a hook, and keep who gave which answer.

    Args:
        manager: The manager.
        hook: The hook's name.
        arguments: Its arguments.

    Returns:
        Plugin name and answer, for each plugin that answers; sorted by name, as entry points load in no certain order.
    """
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    answers: list[tuple[str, Any]] = []
    for implementation in caller.get_hookimpls():
        others = [plugin for plugin in manager.get_plugins() if plugin is not implementation.plugin]
        given = manager.subset_hook_caller(hook, others)(**arguments)
        answers.extend((implementation.plugin_name, answer) for answer in given)
    return sorted(answers, key=lambda pair: pair[0])


def one_answer(manager: pluggy.PluginManager, hook: str, subject: str, **arguments: Any) -> Any:
    """Call a hook whose answer must be one.

    Args:
        manager: The manager.
        hook: The hook's name.
        subject: What is asked for, in words, for the error.
        arguments: The hook's arguments.

    Returns:
        The answer, or None where no plugin gives one; core's own only where no other plugin gives one.

    Raises:
        PluginConflictError: Two plugins answer.
    """
    answers = all_answers(manager, hook, **arguments)
    guests = [(owner, answer) for owner, answer in answers if not owner.startswith(_BUILTIN)]
    answers = guests or answers
    if len(answers) > 1:
        raise PluginConflictError(subject, answers[0][0], answers[1][0])
    return answers[0][1] if answers else None


def frameworks(manager: pluggy.PluginManager) -> dict[str, Framework]:
    """Collect the installed frameworks.

    Args:
        manager: The manager.

    Returns:
        Frameworks by name.

    Raises:
        PluginConflictError: Two plugins bring a framework of one name.
    """
    found: dict[str, Framework] = {}
    owners: dict[str, str] = {}
    for owner, framework in all_answers(manager, "byoml_register_framework"):
        if framework.name in found:
            raise PluginConflictError(f"the framework {framework.name!r}", owners[framework.name], owner)
        found[framework.name] = framework
        owners[framework.name] = owner
    return found
