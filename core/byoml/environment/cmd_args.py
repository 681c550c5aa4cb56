"""Hyperparameters as command line arguments of the user's program (contract/training 3.4)."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from byoml.environment.env_value import passable
from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["to_cmd_args"]

_log = logging.getLogger("byoml.environment")


def to_cmd_args(hyperparameters: Mapping[str, Any], policy: str = "toolkit") -> list[str]:
    """Write hyperparameters as arguments.

    Args:
        hyperparameters: Decoded values by key.
        policy: `toolkit`, one name and one value each, exactly as AWS's toolkit; `flags`, booleans as bare flags and
            lists as repeated values; `json`, every value that is no string as JSON. `BYOML_CLI_POLICY` sets it.

    Returns:
        The arguments, keys in code point order, `-k` for a key of one character, else `--key`.

    Raises:
        SettingError: The policy is none of the three.
    """
    values = _POLICIES.get(policy)
    if values is None:
        raise SettingError("BYOML_CLI_POLICY", policy, "toolkit, flags or json")
    args: list[str] = []
    for key in sorted(hyperparameters):
        given = values(hyperparameters[key])
        if given is not None:
            args += _passable(key, [_name(key), *given])
    return args


def _passable(key: str, words: list[str]) -> list[str]:
    if all(map(passable, words)):
        return words
    _log.warning("hyperparameter %r cannot be an argument: left out (SM_HPS has it)", key)
    return []


def _name(key: str) -> str:
    if not key:
        return ""
    return f"-{key}" if len(key) == 1 else f"--{key}"


def _toolkit(value: object) -> Iterable[str]:
    if value is None:
        return [""]
    if isinstance(value, dict):
        return [",".join(f"{key}={value[key]}" for key in sorted(value))]
    return [str(value)]


def _flags(value: object) -> Iterable[str] | None:
    """Say nothing for False and None, so that argparse's own defaults stand."""
    if value is None or value is False:
        return None
    if value is True:
        return []
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return [_as_json(value)]


def _json(value: object) -> Iterable[str]:
    return [_as_json(value)]


def _as_json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_POLICIES: dict[str, Callable[[object], Iterable[str] | None]] = {"toolkit": _toolkit, "flags": _flags, "json": _json}
