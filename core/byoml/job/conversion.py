"""One hyperparameter's value into the type that a field of the user's dataclass has."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import json
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from byoml.job.errors import HyperparametersError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["UnfitError", "convert", "describe"]

_NAMES: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    type(None): "null",
    **dict.fromkeys((list, tuple, set, frozenset), "a list"),
    dict: "an object",
    Any: "anything",
}
_UNIONS = (Union, types.UnionType)
_MANY = (list, tuple, set, frozenset)
_ABSTRACT: dict[Any, type] = {
    collections.abc.Sequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Set: frozenset,
    collections.abc.Mapping: dict,
}
_TRUTHS = {"true": True, "false": False}


class UnfitError(ValueError):
    """A value is not of the type; who asked knows the rest."""


def convert(value: Any, hint: Any, build: Callable[[type[Any], dict[str, Any]], Any]) -> Any:
    """Convert a value.

    Args:
        value: As decoded from the job.
        hint: The type that is wanted.
        build: Makes an instance of a dataclass.

    Returns:
        A value of the type.

    Raises:
        UnfitError: It is not possible without losing something.
        HyperparametersError: A dataclass in it does not fit.
    """
    origin = _ABSTRACT.get(get_origin(hint) or hint, get_origin(hint) or hint)
    if origin in _UNIONS:
        return _one_of(value, get_args(hint), build)
    if origin is Literal:
        return _choice(value, get_args(hint))
    if origin in _MANY:
        return origin(_items(value, origin, get_args(hint), build))
    if origin is dict:
        return _mapping(value, get_args(hint), build)
    if isinstance(origin, type) and dataclasses.is_dataclass(origin) and isinstance(value, dict):
        return build(origin, value)
    return _plain(value, origin)


def describe(hint: Any) -> str:
    """Say in words what a type allows."""
    args = get_args(hint)
    origin = _ABSTRACT.get(get_origin(hint) or hint, get_origin(hint) or hint)
    if origin in _UNIONS:
        words = " or ".join(map(describe, args))
    elif origin is Literal:
        words = f"one of {', '.join(map(repr, args))}"
    elif args and origin in _MANY:
        words = _describe_items(origin, args)
    elif args and origin is dict:
        words = f"an object, each value {describe(args[1])}"
    elif dataclasses.is_dataclass(origin):
        words = f"an object with {', '.join(field.name for field in dataclasses.fields(origin))}"
    elif isinstance(origin, type) and issubclass(origin, enum.Enum):
        words = f"one of {', '.join(repr(member.value) for member in origin)}"
    else:
        words = _NAMES.get(origin) or f"a {getattr(origin, '__name__', origin)}"
    return words


def _describe_items(origin: Any, hints: tuple[Any, ...]) -> str:
    if origin is tuple and hints[-1] is not Ellipsis:
        return f"a list of {', '.join(map(describe, hints))}"
    return f"a list, each item {describe(hints[0])}"


def _one_of(value: Any, hints: tuple[Any, ...], build: Callable[..., Any]) -> Any:
    """Take the type that the value has already, else the first that it can be made of."""
    exact = [hint for hint in hints if type(value) is (get_origin(hint) or hint)]
    for hint in [*exact, *hints]:
        try:
            return convert(value, hint, build)
        except (UnfitError, HyperparametersError):
            continue
    # A dataclass alone can say what is wrong inside it.
    classes = [hint for hint in hints if dataclasses.is_dataclass(hint)]
    if len(classes) == 1 and isinstance(value, dict):
        return convert(value, classes[0], build)
    raise UnfitError


def _choice(value: Any, choices: tuple[Any, ...]) -> Any:
    """Find a value among choices: the same, else one that is written the same, as `1` may stand for "1"."""
    same = [choice for choice in choices if choice == value and type(choice) is type(value)]
    written = [choice for choice in choices if _as_text(choice) == _as_text(value)]
    for choice in (*same, *written):
        return choice
    raise UnfitError


def _items(value: Any, origin: Any, hints: tuple[Any, ...], build: Callable[..., Any]) -> Iterator[Any]:
    if not isinstance(value, list):
        raise UnfitError
    if origin is tuple and hints and hints[-1] is not Ellipsis:
        if len(hints) != len(value):
            raise UnfitError
        return (convert(item, hint, build) for item, hint in zip(value, hints, strict=True))
    hint = hints[0] if hints else Any
    return (convert(item, hint, build) for item in value)


def _mapping(value: Any, hints: tuple[Any, ...], build: Callable[..., Any]) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise UnfitError
    keys, values = hints or (Any, Any)
    return {convert(key, keys, build): convert(item, values, build) for key, item in value.items()}


def _plain(value: Any, kind: Any) -> Any:
    if kind is Any or type(value) is kind:
        return value
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _member(value, kind)
    if not isinstance(kind, type) or dataclasses.is_dataclass(kind) or value is None:
        raise UnfitError
    try:
        return value if isinstance(value, kind) else kind(value)
    except Exception:  # noqa: BLE001  a class of the user's may raise anything
        raise UnfitError from None


def _member(value: Any, kind: type[enum.Enum]) -> enum.Enum:
    for member in kind:
        if _as_text(member.value) == _as_text(value):
            return member
    if isinstance(value, str) and value in kind.__members__:
        return kind[value]
    raise UnfitError


def _truth(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in _TRUTHS:
        return _TRUTHS[value.lower()]
    raise UnfitError


def _whole(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return int(_parsed(int, value))
    raise UnfitError


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise UnfitError
    return float(_parsed(float, value))


def _parsed(kind: type[Any], value: Any) -> Any:
    try:
        return kind(value)
    except (ValueError, OverflowError):
        raise UnfitError from None


def _as_text(value: Any) -> str:
    """Write a scalar as the job may have sent it: senders that send raw text have the text `1` decoded to a number."""
    return value if isinstance(value, str) else json.dumps(value, default=repr)


def _text(value: Any) -> str:
    if isinstance(value, (bool, int, float)):
        return _as_text(value)
    raise UnfitError


def _path(value: Any) -> Path:
    if isinstance(value, str):
        return Path(value)
    raise UnfitError


def _nothing(_value: Any) -> None:
    raise UnfitError


_PLAIN: dict[Any, Callable[[Any], Any]] = {
    bool: _truth,
    int: _whole,
    float: _number,
    str: _text,
    Path: _path,
    type(None): _nothing,
}
