"""What values hyperparameters may have: each kind reads a value, and says in words what it allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Choice", "Kind", "Listed", "Number", "Truth", "Whole"]


class Kind(Protocol):
    """A set of allowed values."""

    @property
    def allowed(self) -> str:
        """The values in words, after "it must be"."""

    def read(self, value: Any) -> Any:
        """Read a decoded value; raises ValueError for one that is not allowed."""


@dataclass(frozen=True)
class Whole:
    """A whole number between two others, both allowed."""

    least: int
    most: int | None = None

    @property
    def allowed(self) -> str:
        return f"a whole number {f'from {self.least} to {self.most}' if self.most else f'of at least {self.least}'}"

    def read(self, value: Any) -> int:
        if isinstance(value, (bool, float)):
            raise ValueError(value)  # noqa: TRY004  a value that is not allowed, whatever its type
        number = int(value)
        if number < self.least or (self.most is not None and number > self.most):
            raise ValueError(value)
        return number


@dataclass(frozen=True)
class Number:
    """A number in an interval, written as in mathematics: `[0, 1)` allows 0 and not 1."""

    interval: str

    @property
    def allowed(self) -> str:
        return f"a number in {self.interval}"

    def read(self, value: Any) -> float:
        if isinstance(value, bool):
            raise ValueError(value)  # noqa: TRY004  a value that is not allowed, whatever its type
        number = float(value)
        least, most = (float(bound) for bound in self.interval[1:-1].split(","))
        above = number >= least if self.interval[0] == "[" else number > least
        below = number <= most if self.interval[-1] == "]" else number < most
        if not (above and below and math.isfinite(number)):
            raise ValueError(value)
        return number


@dataclass(frozen=True)
class Choice:
    """One of some names."""

    names: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return f"one of {', '.join(self.names)}"

    def read(self, value: Any) -> str:
        if value not in self.names:
            raise ValueError(value)
        return str(value)


@dataclass(frozen=True)
class Truth:
    """True or false, also as text or as 0 and 1."""

    allowed: str = "true or false"

    def read(self, value: Any) -> bool:
        text = str(value).strip().lower()
        if text not in ("true", "false", "1", "0"):
            raise ValueError(value)
        return text in ("true", "1")


@dataclass(frozen=True)
class Listed:
    """Names with commas between them, or a JSON list of them; `threshold` names may end in `@` and a number."""

    names: tuple[str, ...]
    threshold: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        marked = (f"{name} (or {name}@t)" if name in self.threshold else name for name in self.names)
        return f"a comma list of {', '.join(marked)}"

    def read(self, value: Any) -> list[str]:
        items = value if isinstance(value, list) else str(value).split(",")
        names = [str(item).strip() for item in items]
        for name in names:
            self._check(name)
        return names

    def _check(self, name: str) -> None:
        stem, mark, threshold = name.partition("@")
        if stem not in self.names or (mark and stem not in self.threshold):
            raise ValueError(name)
        if mark:
            float(threshold.removesuffix("-"))
