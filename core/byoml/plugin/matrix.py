"""The rows of a request, as the numbers that a model of tables predicts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["WrongFeatureCount", "as_matrix", "as_number", "check_width"]

_DIMENSIONS = 2


class WrongFeatureCount(MalformedPayload):
    """The rows have another number of features than the model was trained on."""

    type = "MalformedPayload"

    def __init__(self, expected: int, got: int) -> None:
        # The body is well formed; only its width is wrong, so the parent's words do not fit.
        super(MalformedPayload, self).__init__(
            f"each row must have {expected} features, as the model was trained on; got {got}"
        )


def as_matrix(data: Any, content_type: str, dtype: str = "float32") -> NDArray[np.floating[Any]]:
    """Make a decoded body a table of numbers, before it meets the rows of other requests.

    Args:
        data: What a codec made of the body; one flat list is one row, None is a missing value.
        content_type: The request's, for the error.
        dtype: What the model computes with.

    Returns:
        Rows by columns, at least one row.

    Raises:
        MalformedPayload: It is no table of numbers; names row and column where one cell is to blame.
    """
    import numpy as np

    try:
        table = np.asarray(data)
    except ValueError:
        raise MalformedPayload(content_type, "the rows have different lengths") from None
    table = table.reshape(1, -1) if table.ndim == 1 else table
    if table.ndim != _DIMENSIONS or not table.size:
        found = f"found {type(data).__name__} of shape {table.shape}"
        raise MalformedPayload(content_type, f"{found}; it must hold rows of numbers, at least one")
    if table.dtype.kind in "iufb":
        return table.astype(dtype, copy=False)
    return np.array([_numbers(row, number, content_type) for number, row in enumerate(table.tolist(), 1)], dtype=dtype)


def _numbers(row: list[Any], number: int, content_type: str) -> list[float]:
    return [as_number(cell, number, column, content_type) for column, cell in enumerate(row, 1)]


def as_number(cell: object, row: int, column: int, content_type: str) -> float:
    """Read one cell of a request; None and an empty text are NaN.

    Args:
        cell: As a codec gave it.
        row: Counted from 1, for the error.
        column: Counted from 1, for the error.
        content_type: The request's, for the error.

    Returns:
        The number.

    Raises:
        MalformedPayload: It is none.
    """
    if cell is None or cell == "":
        return float("nan")
    try:
        return float(cell)  # type: ignore[arg-type]  # what float does not take is the error below
    except (TypeError, ValueError):
        raise MalformedPayload(content_type, f"{cell!r} is not a number", row, column) from None


def check_width(table: NDArray[Any], expected: int) -> None:
    """Hold rows to the number of features of the model; raises WrongFeatureCount."""
    if table.shape[1] != expected:
        raise WrongFeatureCount(expected, table.shape[1])
