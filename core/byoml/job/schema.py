"""Hyperparameters into the user's own class: a dataclass, or a pydantic model where the user has pydantic."""

from __future__ import annotations

import dataclasses
import difflib
import sys
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from byoml.environment.hyperparameters import SENT_BY_SDKS
from byoml.errors import SettingError
from byoml.job.conversion import UnfitError, convert, describe
from byoml.job.errors import HyperparametersError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["build"]

_Schema = TypeVar("_Schema")
# With these a pydantic model says itself which keys it takes.
_TOLERANT = frozenset({"extra", "populate_by_name", "validate_by_name"})


def build(schema: type[_Schema], values: Mapping[str, Any]) -> _Schema:
    """Make an instance of a schema.

    Args:
        schema: A dataclass or a pydantic model.
        values: Hyperparameters by key.

    Returns:
        The instance.

    Raises:
        HyperparametersError: They do not fit; names every key, its value and what is allowed.
        SettingError: The schema is no class of either kind.
    """
    anything: Any = schema  # of users, who may pass an instance
    instance: _Schema
    if isinstance(anything, type) and dataclasses.is_dataclass(anything):
        instance = _build_dataclass(anything, values)
        return instance
    if _is_pydantic(anything):
        instance = _build_pydantic(anything, values)
        return instance
    raise SettingError("schema of byoml.hyperparameters", schema, "a dataclass or a pydantic model, the class itself")


def _build_dataclass(schema: type[Any], values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(schema)
    fields = {field.name: field for field in dataclasses.fields(schema) if field.init}
    keys = _keys_by_field(values, fields)
    problems = _unknown(values, keys.values(), fields)
    given: dict[str, Any] = {}
    for name, field in fields.items():
        key, hint = keys.get(name), hints[name]
        if key is not None:
            try:
                given[name] = convert(values[key], hint, build)
            except HyperparametersError as error:
                problems += [dataclasses.replace(inner, key=f"{key}.{inner.key}") for inner in error.problems]
            except UnfitError:
                problems.append(Problem.of_value(key, values[key], f"it must be {describe(hint)}"))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(Problem(name, "is missing", f"it must be {describe(hint)}"))
    if problems:
        raise HyperparametersError(problems)
    return schema(**given)


def _keys_by_field(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Find the key of each field: its own name, else the same with dashes for underscores."""
    by_alias = {key.replace("-", "_"): key for key in values}
    found = {name: name if name in values else by_alias.get(name) for name in names}
    return {name: key for name, key in found.items() if key is not None}


def _unknown(values: Mapping[str, Any], used: Iterable[str], names: Iterable[str]) -> list[Problem]:
    unknown = values.keys() - set(used) - SENT_BY_SDKS
    return [_unknown_key(key, sorted(names)) for key in sorted(unknown)]


def _unknown_key(key: str, names: list[str]) -> Problem:
    close = difflib.get_close_matches(key.replace("-", "_"), names, 1)
    meant = f"did you mean {close[0]!r}? There are" if close else "there are"
    return Problem(key, "is not known", f"{meant} {', '.join(names) or 'none'}")


def _is_pydantic(schema: object) -> bool:
    """Only a program that has imported pydantic can have such a class; byoml never imports it."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(schema, type) and issubclass(schema, pydantic.BaseModel)


def _build_pydantic(schema: Any, values: Mapping[str, Any]) -> Any:
    """Let the model judge; what it would silently ignore is unknown, unless its `extra` says what it wants."""
    aliases = {name: field.validation_alias or name for name, field in schema.model_fields.items()}
    names = [alias for alias in aliases.values() if isinstance(alias, str)]
    keys = _keys_by_field(values, names)
    used = {key: name for name, key in keys.items()}
    judged = len(names) == len(aliases) and not schema.model_config.keys() & _TOLERANT
    problems = _unknown(values, used, names) if judged else []
    try:
        model = schema.model_validate({used.get(key, key): value for key, value in values.items()})
    except sys.modules["pydantic"].ValidationError as error:
        problems += [_of_pydantic(found, keys) for found in error.errors()]
    if problems:
        raise HyperparametersError(problems)
    return model


def _of_pydantic(found: Mapping[str, Any], keys: Mapping[str, str]) -> Problem:
    place = [str(part) for part in found["loc"]]
    key = ".".join([keys.get(place[0], place[0]), *place[1:]]) if place else "(all)"
    right = str(found["msg"])[:1].lower() + str(found["msg"])[1:]
    if found["type"] == "missing":
        return Problem(key, "is missing", right)
    return Problem.of_value(key, found["input"], right)
