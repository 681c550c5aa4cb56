"""Kinds of values that only XGBoost's hyperparameters have, beside those that `byoml.plugin.kinds` brings."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Any

from byoml.plugin.kinds import Kind, Listed, Whole

__all__ = ["Constraints", "Monotone", "Numbers", "TuningMetric"]


@dataclass(frozen=True)
class Numbers:
    """One number, or a list of them, each of the same kind."""

    each: Kind

    @property
    def allowed(self) -> str:
        return f"{self.each.allowed}, or a list of such"

    def read(self, value: Any) -> Any:
        found = _literal(value)
        return [self.each.read(item) for item in found] if isinstance(found, (list, tuple)) else self.each.read(found)


@dataclass(frozen=True)
class TuningMetric:
    """What a tuner goes by: a channel and a metric, as `validation:auc`."""

    metrics: Listed

    @property
    def allowed(self) -> str:
        return f"train: or validation: and then {self.metrics.allowed.replace('a comma list of', 'one of')}"

    def read(self, value: Any) -> str:
        """Read the metric; which channel it is of, the tuner alone must know."""
        channel, colon, metric = str(value).partition(":")
        if not colon or channel not in ("train", "validation"):
            raise ValueError(value)
        (name,) = self.metrics.read(metric)
        return name


@dataclass(frozen=True)
class Monotone:
    """One of -1, 0 and 1 for each feature, as `(1,0,-1)`; read as a literal, never run."""

    allowed: str = "a tuple of -1, 0 and 1, one for each feature, such as (1,0,-1)"

    def read(self, value: Any) -> str:
        signs = _literal(value)
        if not isinstance(signs, (list, tuple)) or any(sign not in (-1, 0, 1) for sign in signs):
            raise ValueError(value)
        return f"({','.join(str(sign) for sign in signs)})"


@dataclass(frozen=True)
class Constraints:
    """Groups of feature numbers that may meet in one tree."""

    allowed: str = "a list of lists of feature numbers from 0, such as [[0,1],[2,3,4]]"

    def read(self, value: Any) -> str:
        groups = _literal(value)
        if not isinstance(groups, (list, tuple)):
            raise ValueError(value)  # noqa: TRY004  a value that is not allowed, whatever its type
        read = [[Whole(0).read(number) for number in group] for group in groups]
        return json.dumps(read)


def _literal(value: Any) -> Any:
    try:
        return ast.literal_eval(value) if isinstance(value, str) else value
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(value) from error
