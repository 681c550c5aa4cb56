"""What values the algorithm's own hyperparameters may have, beside those that all plugins share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.environment.hyperparameters import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ColumnName", "ColumnNames", "Step"]


@dataclass(frozen=True)
class ColumnName:
    """A column by its name in the header, or by its number: 0 is the first, -1 the last."""

    allowed: str = "a column's name in the header, or its number: 0 for the first, -1 for the last"

    def read(self, value: Any) -> str | int:
        value = decode(value)
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            raise ValueError(value)
        return value


@dataclass(frozen=True)
class ColumnNames:
    """Columns, with commas between them or as a JSON list."""

    allowed: str = "columns by name or number, with commas between them or as a JSON list"

    def read(self, value: Any) -> tuple[str | int, ...]:
        value = decode(value)
        items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
        one = ColumnName()
        return tuple(one.read(item.strip() if isinstance(item, str) else item) for item in items)


@dataclass(frozen=True)
class Step:
    """A step of a pipeline, by a word or by scikit-learn's name of its class; `none` leaves it out.

    Args:
        classes: The class's name by the word.
    """

    classes: Mapping[str, str]

    @property
    def allowed(self) -> str:
        return f"one of none, {', '.join(f'{word} ({name})' for word, name in self.classes.items())}"

    def read(self, value: Any) -> str | None:
        """Read the word or the class's name; returns the word."""
        if value in (None, "none", "None"):
            return None
        words = {**{name: word for word, name in self.classes.items()}, **{word: word for word in self.classes}}
        if value not in words:
            raise ValueError(value)
        return words[value]
