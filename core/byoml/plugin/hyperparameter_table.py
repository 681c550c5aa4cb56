"""The hyperparameters of a built-in algorithm, read by a table of what each may be: one error names every mistake.

    values, problems = read_values(job.hyperparameters, {"epochs": Whole(1), "lr": Number("(0, inf)")})

What depends on several values the caller checks, and raises HyperparameterError with all problems. Where nothing does,
`read_fields` gives a dataclass.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from byoml.environment.hyperparameters import SENT_BY_SDKS
from byoml.plugin.algorithm import HyperparameterError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from byoml.plugin.kinds import Kind

__all__ = ["read_fields", "read_values"]

_Fields = TypeVar("_Fields")


def read_fields(raw: Mapping[str, Any], table: Mapping[str, Kind], fields: type[_Fields]) -> _Fields:
    """Read values by a table into a dataclass whose fields have the table's names, with underscores for hyphens.

    Args:
        raw: Hyperparameters, decoded from JSON or still text, with hyphens or underscores.
        table: What each may be, by name.
        fields: The dataclass, which has a default for each.

    Returns:
        The typed values.

    Raises:
        HyperparameterError: Some cannot be used; it names each, what was found and what is allowed.
    """
    names = {name.replace("-", "_"): name for name in table}
    values, problems = read_values(raw, table, {field: name for field, name in names.items() if field != name})
    if problems:
        raise HyperparameterError(problems)
    return fields(**{field: values[name] for field, name in names.items() if name in values})


def read_values(
    raw: Mapping[str, Any],
    table: Mapping[str, Kind],
    aliases: Mapping[str, str] | None = None,
    required: Sequence[str] = (),
) -> tuple[dict[str, Any], list[Problem]]:
    """Read values by a table; the caller adds what depends on several of them, and raises.

    Args:
        raw: Hyperparameters, decoded from JSON or still text.
        table: What each may be, by name.
        aliases: Other names, and which of the table's each is.
        required: Names that a job must give.

    Returns:
        The typed values of those that are right, and what is wrong with the others.
    """
    aliases = aliases or {}
    missing = [Problem(name, "is missing", f"it must be {table[name].allowed}") for name in required if name not in raw]
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        name = aliases.get(key, key)
        if name not in table:
            problems += [] if key in SENT_BY_SDKS else [_unknown(key, [*table, *aliases])]
        elif key != name and name in raw:
            problems.append(Problem(key, f"is the same as {name}", "give one of them"))
        else:
            problems += _take(key, value, table[name], values, name)
    return values, missing + problems


def _unknown(key: str, names: Sequence[str]) -> Problem:
    close = get_close_matches(key, names, 1)
    return Problem(key, "is no hyperparameter of this algorithm", f"did you mean {close[0]}?" if close else "remove it")


def _take(key: str, value: object, kind: Kind, values: dict[str, Any], name: str) -> list[Problem]:
    try:
        values[name] = kind.read(value)
    except (ValueError, TypeError, OverflowError):
        return [Problem.value(key, value, kind.allowed)]
    return []
