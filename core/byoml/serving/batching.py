"""The rows of several requests as one array, and its answers apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["joined", "split"]


def joined(parts: Sequence[Any]) -> Any | None:
    """Put arrays under one another.

    Args:
        parts: One array a request, rows on the first axis.

    Returns:
        One array, or None where they do not belong together: no arrays, other widths, other kinds of numbers.
    """
    import numpy as np

    first = parts[0]
    if not isinstance(first, np.ndarray) or first.ndim == 0:
        return None
    for part in parts[1:]:
        if not isinstance(part, np.ndarray) or part.shape[1:] != first.shape[1:] or part.dtype.kind != first.dtype.kind:
            return None
        if part.ndim != first.ndim:
            return None
    return np.concatenate(parts)


def split(prediction: Any, lengths: Sequence[int]) -> list[Any]:
    """Give each request its rows back.

    Args:
        prediction: What `predict_fn` made of the joined rows.
        lengths: Rows of each request.

    Returns:
        One part a request.

    Raises:
        ValueError: There is not one prediction a row.
    """
    if len(prediction) != sum(lengths):
        raise ValueError(len(prediction), sum(lengths))
    parts = []
    start = 0
    for length in lengths:
        parts.append(prediction[start : start + length])
        start += length
    return parts
