"""The job's hyperparameters as the user's program wants them: typed, and held to a schema where there is one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, TypeVar, overload

from byoml.environment.config_files import read_config
from byoml.environment.hyperparameters import Hyperparameters
from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError
from byoml.job.schema import build

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["hyperparameters"]

_Schema = TypeVar("_Schema")


@overload
def hyperparameters(schema: None = None, environ: Mapping[str, str] = ...) -> dict[str, Any]: ...


@overload
def hyperparameters(schema: type[_Schema], environ: Mapping[str, str] = ...) -> _Schema: ...


def hyperparameters(schema: type[_Schema] | None = None, environ: Mapping[str, str] = os.environ) -> Any:
    """Give the job's hyperparameters, typed: `0.1` is a float, `[1, 2]` a list, `true` is True.

    Args:
        schema: A dataclass or a pydantic model. Its fields say which keys there are, of which types, and which may be
            missing; a field `learning_rate` also takes the key `learning-rate`. A dataclass may use `int`, `float`,
            `bool`, `str`, `Path`, enums, `Literal`, `Optional`, unions, lists, tuples, sets, dicts and dataclasses.
        environ: Where `SM_HPS` is looked for; without it hyperparameters.json is read.

    Returns:
        An instance of the schema; without one the values by key.

    Raises:
        HyperparametersError: They do not fit the schema; names every key, its value and what is allowed.
        SettingError: The schema is no class of either kind, or `SM_HPS` is no JSON object.
        UnreadableConfigFileError: hyperparameters.json does not parse.
    """
    values = _values(environ)
    return values if schema is None else build(schema, values)


def _values(environ: Mapping[str, str]) -> dict[str, Any]:
    text = environ.get("SM_HPS")
    if not text:
        raw = read_config(ContainerPaths.from_environ(environ).input_config, "hyperparameters.json")
        return dict(Hyperparameters.from_raw(raw).user)
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise SettingError("SM_HPS", text, "a JSON object")
    return values
