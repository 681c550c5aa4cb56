"""The rows of several requests as one array, and its answers apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["joined", "split"]


def joined(parts: Sequence[Any]) -> Any | None:
    """Put arrays under one another.

    Args:
        parts: One array a request, rows on the first axis; of numpy, or a tensor that shares its memory over DLPack.

    Returns:
        One array of numpy, or None where they do not belong together: no arrays, other widths, other kinds of numbers.
    """
    import numpy as np

    arrays: list[Any] = [_array(part) for part in parts]
    first = arrays[0]
    if first is None or first.ndim == 0:
        return None
    for array in arrays[1:]:
        if array is None or array.shape[1:] != first.shape[1:] or array.dtype.kind != first.dtype.kind:
            return None
        if array.ndim != first.ndim:
            return None
    return np.concatenate(arrays)


def _array(part: Any) -> Any | None:
    """See a part as an array without copying it; None where that cannot be done."""
    import numpy as np

    if isinstance(part, np.ndarray):
        return part
    if not hasattr(part, "__dlpack__"):
        return None
    try:
        return np.from_dlpack(part)
    except Exception:  # noqa: BLE001  libraries raise what they like for memory of another device, or numbers numpy lacks
        return None


def split(prediction: Any, lengths: Sequence[int]) -> list[Any]:
    """Give each request its rows back.

    Args:
        prediction: What `predict_fn` made of the joined rows.
        lengths: Rows of each request.

    Returns:
        One part a request.

    Raises:
        ValueError: There is not one prediction a row; a tuple is several predictions for all rows.
    """
    if isinstance(prediction, tuple) or len(prediction) != sum(lengths):
        raise ValueError(len(prediction), sum(lengths))
    parts = []
    start = 0
    for length in lengths:
        parts.append(prediction[start : start + length])
        start += length
    return parts
