"""What a fitted model takes: how many features, their names, and which of them are texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.matrix import as_matrix, as_number, check_width

from byoml_sklearn.errors import UnnamedColumns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Signature"]


@dataclass(frozen=True)
class Signature:
    """What a model takes.

    Args:
        width: How many features; None where the model does not know.
        names: Their names, where it was trained with names.
        texts: The places of those that are texts.
    """

    width: int | None
    names: tuple[str, ...] | None
    texts: frozenset[int]

    @classmethod
    def of(cls, model: Any) -> Signature:
        """Read it off a fitted model: from its names, and from encoders that know categories."""
        names = getattr(model, "feature_names_in_", None)
        known = None if names is None else tuple(str(name) for name in names)
        width = getattr(model, "n_features_in_", None)
        width = len(known) if known is not None else None if width is None else int(width)
        return cls(width, known, frozenset(_text_columns(model, list(known or range(width or 0)))))

    def take(self, rows: Any, content_type: str) -> Any:
        """Make rows what the model predicts from.

        Args:
            rows: As `rows.rows_of` gave them.
            content_type: The request's, for errors.

        Returns:
            float64 where all features are numbers, else objects; a DataFrame where the model knows names.

        Raises:
            WrongFeatureCount: The rows have another number of features.
            MalformedPayload: A cell is not what the feature is; it names row and column.
        """
        table = self._by_name(rows) if isinstance(rows, list) else rows
        if self.width is not None:
            check_width(table, self.width)
        if not self.texts:
            table = as_matrix(table, content_type, "float64")
            return table if self.names is None else _frame(self.names, table.T)
        columns = [self._column(table, number, content_type) for number in range(table.shape[1])]
        return _stacked(columns) if self.names is None else _frame(self.names, columns)

    def _by_name(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.object_]:
        import numpy as np

        if self.names is None:
            raise UnnamedColumns(1, ())
        for number, row in enumerate(rows, 1):
            missing = [name for name in self.names if name not in row]
            if missing:
                raise UnnamedColumns(number, missing)
        table = np.empty((len(rows), len(self.names)), dtype=object)
        table[:] = [[row[name] for name in self.names] for row in rows]
        return table

    def _column(self, table: NDArray[Any], number: int, content_type: str) -> NDArray[Any]:
        import numpy as np

        cells = table[:, number].tolist()
        if number in self.texts:
            return np.array([np.nan if _is_missing(cell) else _text(cell) for cell in cells], dtype=object)
        return np.array([as_number(cell, row, number + 1, content_type) for row, cell in enumerate(cells, 1)])


def _text_columns(model: Any, columns: Sequence[Any]) -> Iterator[int]:
    """Find the columns that encoders know as texts, in pipelines and column transformers however nested."""
    place = {column: number for number, column in enumerate(columns)}
    for known, found in _encoded(model, columns):
        for column, categories in zip(known, found, strict=False):
            if column in place and any(isinstance(value, str) for value in categories.tolist()):
                yield place[column]


def _encoded(step: Any, columns: Sequence[Any]) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    """Give each encoder's columns with its categories; what changes columns hides those of the steps after it."""
    for inner in getattr(step, "transformers_", ()):
        yield from _encoded(inner[1], _chosen(inner[2], columns))
    if hasattr(step, "steps"):
        for _, inner in step.steps:
            yield from _encoded(inner, columns)
            if not _keeps_columns(inner):
                return
    elif hasattr(step, "categories_"):
        yield columns, step.categories_


def _keeps_columns(step: Any) -> bool:
    return type(step).__name__ in ("SimpleImputer", "str") or step is None


def _chosen(selector: Any, columns: Sequence[Any]) -> list[Any]:
    """Resolve which columns a column transformer gives to one of its parts."""
    if isinstance(selector, slice):
        return list(columns[selector])
    chosen = [selector] if isinstance(selector, (str, int)) else list(selector)
    if chosen and all(isinstance(one, bool) for one in chosen):
        return [column for column, kept in zip(columns, chosen, strict=True) if kept]
    return [columns[one] if isinstance(one, int) and not isinstance(columns[0], int) else one for one in chosen]


def _is_missing(cell: object) -> bool:
    return cell is None or cell == "" or cell != cell  # noqa: PLR0124  NaN alone differs from itself


def _text(cell: object) -> object:
    """Write a number as the text that training had read; 3.0 came from 3."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def _frame(names: Sequence[str], columns: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def _stacked(columns: Sequence[NDArray[Any]]) -> NDArray[np.object_]:
    import numpy as np

    return np.column_stack([column.astype(object) for column in columns])
