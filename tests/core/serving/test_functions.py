"""How the user's and the framework's functions are bound."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from byoml.codecs import Codecs
from byoml.errors import UserModuleError
from byoml.plugin.selection import NoFramework
from byoml.plugin.values import Context
from byoml.serving.functions import InferenceFunctions

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTEXT = Context(Path("model"), Codecs([]), request_id="r1")


def _bound(**functions: Callable[..., Any]) -> InferenceFunctions:
    module = ModuleType("inference")
    for name, function in functions.items():
        setattr(module, name, function)
    return InferenceFunctions.bind(NoFramework(), module, Path("inference.py"))


def _two(data: Any, model: Any) -> Any:
    return (data, model)


def _three(data: Any, model: Any, ctx: Any) -> Any:
    return (data, model, ctx.request_id)


def _named(data: Any, model: Any, *, context: Any) -> Any:
    return (data, model, context.request_id)


def _default(data: Any, model: Any, extra: int = 5) -> Any:
    return (data, model, extra)


def _anything(*args: Any, **kwargs: Any) -> Any:
    return (*args, *sorted(kwargs))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (_two, ("d", "m")),
        (_three, ("d", "m", "r1")),
        (_named, ("d", "m", "r1")),
        (_default, ("d", "m", 5)),
        (_anything, ("d", "m")),
    ],
)
def test_every_way_of_taking_the_context_is_bound(function: Callable[..., Any], expected: tuple[Any, ...]) -> None:
    """By name, as one argument more, or not at all; defaults and starred arguments are left alone."""
    predict = _bound(predict_fn=function).predict_fn
    assert predict.by_user
    assert predict(_CONTEXT, "d", "m") == expected


def test_a_signature_that_does_not_fit_names_function_signature_and_remedy() -> None:
    """The error comes at load, not with the first request."""
    with pytest.raises(UserModuleError, match=r"inference\.py: predict_fn\(data\) does not fit.*\(data, model\)"):
        _bound(predict_fn=lambda data: data)


def test_transform_fn_beside_a_function_it_replaces_is_refused() -> None:
    """Which of them would answer is not for us to guess."""
    with pytest.raises(UserModuleError, match="transform_fn stands for predict_fn"):
        _bound(predict_fn=_two, transform_fn=lambda _model, _data, _content_type, _accept: b"")


def test_functions_that_the_user_does_not_have_are_the_framework_s() -> None:
    """A module with one function is enough."""
    functions = _bound(predict_fn=_two)
    assert not functions.input_fn.by_user
    assert functions.transform_fn is None
    assert [handler.name for handler in functions.all] == ["model_fn", "input_fn", "predict_fn", "output_fn"]


class _Renames(NoFramework):
    """A framework whose scripts say `ask` for predict_fn, and mean something else by model_fn."""

    def user_functions(self, module: ModuleType) -> dict[str, Callable[..., Any] | None]:
        return {"predict_fn": module.ask, "model_fn": None}


def test_a_framework_takes_functions_of_other_names_and_leaves_out_those_that_mean_something_else() -> None:
    """What it takes is the user's; what it leaves out has the framework's default, whatever its signature is."""
    module = ModuleType("inference")
    vars(module).update(ask=_two, model_fn=lambda _features, _labels, _mode, _params: None)

    functions = InferenceFunctions.bind(_Renames(), module, Path("inference.py"))

    assert functions.users == {"predict_fn"}
    assert functions.predict_fn(_CONTEXT, "d", "m") == ("d", "m")
    assert not functions.model_fn.by_user
