"""How a value becomes a variable of the user's program: its text, and the names it can have (contract/training 2.3)."""

from __future__ import annotations

import json
import logging
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["passable", "to_env_value", "to_variables"]

_log = logging.getLogger("byoml.environment")


def to_env_value(value: object) -> str:
    """Write one value as a variable's text: strings as they are, None empty, the rest as compact JSON.

    Args:
        value: Anything that came from JSON.

    Returns:
        The text.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def to_variables(values: Mapping[str, object], groups: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Make variables of values.

    Args:
        values: By the variable's name.
        groups: By a prefix such as `SM_CHANNEL_`: values whose own names, in upper case, follow it.

    Returns:
        Variables by name. Names that are no shell names, such as `SM_CHANNEL_MY-CH.1`, stand as the contract has them
        and once more with underscores; what cannot be a variable at all is left out with a warning.
    """
    named = {name: to_env_value(value) for name, value in values.items()}
    for prefix, items in groups.items():
        for key, value in items.items():
            named[prefix + key.upper()] = to_env_value(value)
    return _with_aliases({name: value for name, value in named.items() if _possible(name, value)})


def passable(text: str) -> bool:
    """Tell whether the system can hand a text to a program, as an argument or in a variable."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # JSON can spell half a character
        return False


def _possible(name: str, value: str) -> bool:
    possible = "=" not in name and passable(name + value)
    if not possible:
        _log.warning("%r cannot be a variable's name or value: left out (SM_HPS has all hyperparameters)", name)
    return possible


def _with_aliases(named: dict[str, str]) -> dict[str, str]:
    aliases = {re.sub(r"[^A-Z0-9_]", "_", name): value for name, value in named.items()}
    return {**aliases, **named}
