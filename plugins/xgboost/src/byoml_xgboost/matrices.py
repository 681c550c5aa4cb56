"""XGBoost's own matrices, made of rows once all hosts and channels agree on their width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from byoml_xgboost.errors import WidthsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xgboost as xgb

    from byoml_xgboost.training_rows import Rows

__all__ = ["Shape", "agreed_width", "matrix_of"]

_SURVIVAL = "survival:aft"


class Shape(NamedTuple):
    """What other hosts must know of rows."""

    rows: int
    width: int
    sparse: bool

    @classmethod
    def of(cls, rows: Rows | None) -> Shape:
        return cls(0, 0, sparse=True) if rows is None else cls(len(rows), rows.width, rows.sparse)


def agreed_width(shapes: Mapping[str, Shape]) -> int:
    """Find the width that all rows have: that of the dense ones, or what the widest sparse ones need.

    Args:
        shapes: By name of channel and host, for the error.

    Returns:
        The number of features.

    Raises:
        WidthsError: Dense rows differ, or sparse ones are wider than they.
    """
    found = {name: shape for name, shape in shapes.items() if shape.rows}
    width = max(shape.width for shape in found.values())
    if any(not shape.sparse and shape.width != width for shape in found.values()):
        raise WidthsError({name: shape.width for name, shape in found.items()})
    return width


def matrix_of(rows: Rows, width: int, objective: str, nthread: int | None = None) -> xgb.DMatrix:
    """Make the matrix that XGBoost trains on.

    Args:
        rows: The rows.
        width: As all hosts have agreed.
        objective: What is trained for. `survival:aft` takes a label as the time of an event, and a negative one as the
            time until which there was none.
        nthread: Threads that build it; None: all.

    Returns:
        The matrix; with several hosts all must make theirs at the same time.
    """
    import xgboost as xgb

    rows = rows.widened(width)
    bounds = _bounds(rows) if objective == _SURVIVAL else {}
    labels = None if bounds else rows.labels
    return xgb.DMatrix(rows.features, labels, weight=_weights(rows), qid=rows.groups, nthread=nthread, **bounds)


def _weights(rows: Rows) -> Any:
    """Give the weights as XGBoost wants them: of ranking one a group, that of its first row."""
    if rows.weights is None or rows.groups is None:
        return rows.weights
    import numpy as np

    return rows.weights[np.flatnonzero(np.diff(rows.groups, prepend=rows.groups[0] - 1))]


def _bounds(rows: Rows) -> dict[str, Any]:
    import numpy as np

    times = np.abs(rows.labels)
    return {"label_lower_bound": times, "label_upper_bound": np.where(rows.labels < 0, np.inf, times)}
