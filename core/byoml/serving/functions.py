"""The functions that answer a request: the user's where there are any, else the framework's, bound once at load."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.errors import UserModuleError
from byoml.request_errors import HandlerFailed
from byoml.serving.awaiting import synchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Context

__all__ = ["NAMES", "Handler", "InferenceFunctions", "clash", "misfit"]

_ARGUMENTS = {
    "model_fn": ("model_dir",),
    "input_fn": ("input_data", "content_type"),
    "predict_fn": ("data", "model"),
    "output_fn": ("prediction", "accept"),
    "transform_fn": ("model", "input_data", "content_type", "accept"),
    "bidirectional_fn": ("messages", "model"),
    "execution_parameters_fn": (),
    "pre_model_fn": ("model_dir",),
    "model_warmup_fn": ("model_dir", "model"),
    "healthcheck_fn": ("model",),
    "shutdown_fn": ("model",),
}
#: The functions that a user may write.
NAMES = tuple(_ARGUMENTS)
_EXCLUDED_BY_TRANSFORM = ("input_fn", "predict_fn", "output_fn")


@dataclass(frozen=True)
class Handler:
    """One function, called with its arguments and the context whatever its signature.

    Args:
        name: Such as `predict_fn`.
        by_user: It is the user's, not the framework's.
        call: Takes the context, then the arguments.
    """

    name: str
    by_user: bool
    call: Callable[..., Any]

    def __call__(self, context: Context, *args: Any) -> Any:
        """Call it; what would end the thread, such as `sys.exit`, is a failure like any other.

        Raises:
            HandlerFailed: A function of the user raised what is no Exception.
            Exception: Whatever else the function raises.
        """
        try:
            return self.call(context, *args)
        except BaseException as error:
            if isinstance(error, Exception) or not self.by_user:
                raise
            raise HandlerFailed(self.name, error) from error


@dataclass(frozen=True)
class InferenceFunctions:
    """All functions of an endpoint (contract/inference 3.1); a `transform_fn` stands for the three after `model_fn`."""

    model_fn: Handler
    input_fn: Handler
    predict_fn: Handler
    output_fn: Handler
    transform_fn: Handler | None = None
    bidirectional_fn: Handler | None = None
    execution_parameters_fn: Handler | None = None
    pre_model_fn: Handler | None = None
    model_warmup_fn: Handler | None = None
    healthcheck_fn: Handler | None = None
    shutdown_fn: Handler | None = None

    @property
    def all(self) -> tuple[Handler, ...]:
        handlers = (getattr(self, name) for name in NAMES)
        return tuple(handler for handler in handlers if handler is not None)

    @property
    def users(self) -> frozenset[str]:
        return frozenset(handler.name for handler in self.all if handler.by_user)

    @classmethod
    def bind(cls, framework: Framework, module: ModuleType | None, path: Path | None) -> InferenceFunctions:
        """Choose and bind the functions.

        Args:
            framework: Whose methods stand where the user has no function.
            module: The user's module, None where there is none.
            path: Its file, for errors.

        Returns:
            The functions.

        Raises:
            UserModuleError: A function's signature does not fit, or `transform_fn` stands beside one it replaces.
        """
        users = {name: getattr(module, name) for name in _ARGUMENTS if callable(getattr(module, name, None))}
        others = framework.user_functions(module) if module else {}
        users = {name: function for name, function in {**users, **others}.items() if function is not None}
        reason = clash(users)
        if path is not None and reason:
            raise UserModuleError(path, reason)
        handlers = {name: _bind(name, function, by_user=path) for name, function in users.items()}
        for name in _ARGUMENTS:
            if name not in handlers and hasattr(framework, name):
                handlers[name] = _bind(name, getattr(framework, name), by_user=None)
        return cls(**handlers)


def misfit(name: str, signature: inspect.Signature) -> str | None:
    """Tell why a function cannot stand for one of an endpoint's.

    Args:
        name: Such as `predict_fn`.
        signature: The function's.

    Returns:
        What is wrong and what would be right; None where it fits.
    """
    if _way(name, signature) is not None:
        return None
    wanted = ", ".join(_ARGUMENTS[name])
    more = f"{wanted}, context" if wanted else "context"
    return f"{name}{signature} does not fit; it must take ({wanted}) or ({more})"


def clash(names: Iterable[str]) -> str | None:
    """Tell which of the user's functions exclude each other; None where they fit together."""
    given = set(names)
    clashing = [name for name in _EXCLUDED_BY_TRANSFORM if name in given]
    if "transform_fn" in given and clashing:
        return f"transform_fn stands for {', '.join(clashing)}: keep one or the other"
    return None


def _bind(name: str, function: Callable[..., Any], by_user: Path | None) -> Handler:
    signature = inspect.signature(function)
    way = _way(name, signature)
    if way is None:
        place = by_user or Path(inspect.getsourcefile(function) or name)
        raise UserModuleError(place, misfit(name, signature) or "")
    return Handler(name, by_user is not None, way(synchronous(function)))


def _way(name: str, signature: inspect.Signature) -> Callable[[Callable[..., Any]], Callable[..., Any]] | None:
    """Find how a function takes its context: by the name, not at all, or as one argument more."""
    count = len(_ARGUMENTS[name])
    named = signature.parameters.get("context")
    if named is not None and named.kind is not named.POSITIONAL_ONLY and _fits(signature, count, context=True):
        return _named
    if _fits(signature, count):
        return _without
    return _last if _fits(signature, count + 1) else None


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda context, *args: function(*args, context=context)


def _last(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(context: Context, *args: object) -> object:
        return function(*args, context)

    return call


def _without(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _context, *args: function(*args)


def _fits(signature: inspect.Signature, count: int, **named: object) -> bool:
    try:
        signature.bind(*[None] * count, **named)
    except TypeError:
        return False
    return True
