"""Regular lists, all of one kind, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from byoml.codecs.text import as_text_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["array_of", "joined_arrays"]


def array_of(value: list[Any]) -> Any:
    """Make an array of a regular list of one kind; numbers beyond int64 become floats, as they do in CSV.

    Args:
        value: What JSON says.

    Returns:
        An array of any number of dimensions, or the list as it is where it is ragged or mixed.
    """
    leaves = np.array(value, dtype=object)  # what is ragged stays in it as lists, and so is of no kind
    kinds = set(map(type, leaves.ravel().tolist()))
    try:
        if kinds == {int}:
            return _whole_numbers(leaves)
        if kinds <= {int, float}:
            return leaves.astype(np.float64)
    except OverflowError:  # beyond float64 too
        return value
    if kinds == {bool}:
        return leaves.astype(np.bool_)
    return as_text_array(leaves) if kinds == {str} else value


def joined_arrays(parts: Sequence[NDArray[Any]]) -> NDArray[Any] | None:
    """Make of the arrays of a list's parts what `array_of` makes of the whole list.

    Args:
        parts: Arrays of numbers or of booleans, at least one, none of them without rows.

    Returns:
        The array; None where the whole list is ragged or mixed.
    """
    if len({part.shape[1:] for part in parts}) > 1 or len({part.dtype == np.bool_ for part in parts}) > 1:
        return None
    return np.concatenate(parts)


def _whole_numbers(leaves: NDArray[np.object_]) -> NDArray[Any]:
    try:
        return leaves.astype(np.int64)
    except OverflowError:
        return leaves.astype(np.float64)
