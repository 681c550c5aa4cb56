"""The hooks that plugins may answer."""

from __future__ import annotations

import inspect
from typing import Any

import pluggy
import pytest
from byoml.plugin import hookspecs

_HOOKS = {name: value for name, value in vars(hookspecs).items() if name.startswith("byoml_")}


def _options(hook: str) -> dict[str, Any]:
    options: dict[str, Any] = getattr(_HOOKS[hook], f"{hookspecs.PROJECT}_spec")
    return options


def test_the_hooks_are_those_that_were_promised() -> None:
    """Names and arguments, as other people's plugins spell them."""
    assert {name: list(inspect.signature(hook).parameters) for name, hook in _HOOKS.items()} == {
        "byoml_register_commands": [],
        "byoml_register_framework": [],
        "byoml_register_codecs": [],
        "byoml_env_vars": ["env"],
        "byoml_select_launcher": ["env"],
        "byoml_before_training": ["env", "job"],
        "byoml_explain_failure": ["env", "outcome"],
        "byoml_after_training": ["env", "outcome"],
        "byoml_register_routes": ["app"],
        "byoml_after_model_load": ["framework", "model", "seconds"],
    }


@pytest.mark.parametrize("hook", _HOOKS)
def test_each_hook_says_first_when_it_is_called(hook: str) -> None:
    """And is a specification that pluggy knows."""
    assert (inspect.getdoc(_HOOKS[hook]) or "").startswith("Called ")
    assert _options(hook)["historic"] is False


def test_one_hook_alone_takes_the_first_answer() -> None:
    """Everywhere else two answers are an error that the caller sees."""
    assert [hook for hook in _HOOKS if _options(hook)["firstresult"]] == ["byoml_explain_failure"]


def test_a_function_of_another_name_is_no_answer() -> None:
    """The marker alone does not make one; pluggy's check refuses it."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)

    class Plugin:
        @hookspecs.hookimpl
        def byoml_misspelt(self) -> None:
            """Answers no hook."""

    manager.register(Plugin())
    with pytest.raises(pluggy.PluginValidationError, match="unknown hook 'byoml_misspelt'"):
        manager.check_pending()
