"""The JSON shapes in which AWS's algorithms take rows, for plugins of tables (contract/inference C-11 and C-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["instances", "row_of", "rows_of"]

_TYPE = "application/json"
_KEYS = ("instances", "inputs", "examples")
#: A sparse row of a few bytes may claim any width; wider ones than this hold no model's features.
_MOST_FEATURES = 2**24


def instances(value: object) -> Any:
    """Take the payload out of its envelope.

    Args:
        value: A decoded body.

    Returns:
        What stands under `instances`, `inputs` or `examples`; the body itself where it is no such object.
    """
    if isinstance(value, dict):
        return next((value[key] for key in _KEYS if key in value), value)
    return value


def rows_of(value: object, content_type: str = _TYPE, width: int | None = None) -> Any:
    """Make rows of a decoded body in any of the shapes.

    Args:
        value: `{"instances": [...]}`, a list of instances as JSON lines give it, one instance, or anything else.
        content_type: The request's, for errors.
        width: How many features a sparse instance has that does not say its shape; None: as its largest key needs.

    Returns:
        A list of rows where the instances are objects; anything else as it is, out of its envelope.

    Raises:
        MalformedPayload: An instance is none; it names the row.
    """
    found = instances(value)
    if isinstance(found, dict):
        return [row_of(found, content_type, width=width)]
    if isinstance(found, list) and any(isinstance(item, dict) for item in found):
        return [row_of(item, content_type, number, width) for number, item in enumerate(found, 1)]
    return found


def row_of(instance: object, content_type: str = _TYPE, number: int = 1, width: int | None = None) -> Any:
    """Make a row of one instance.

    Args:
        instance: `{"features": [...]}`, `{"data": {"features": {"values": [...], "keys": [...], "shape": [...]}}}`, or
            a row already.
        content_type: The request's, for the error.
        number: The instance's row.
        width: As for `rows_of`.

    Returns:
        The features; where keys say which they are, NaN for all others.

    Raises:
        MalformedPayload: It is none of these.
    """
    if not isinstance(instance, dict):
        return instance
    data = instance.get("data", instance)
    features = data.get("features") if isinstance(data, dict) else None
    if isinstance(features, list):
        return features
    if isinstance(features, dict) and isinstance(features.get("values"), list):
        try:
            return _sparse(features, width) if _is_sparse(features) else features["values"]
        except (LookupError, OverflowError, TypeError, ValueError) as error:
            raise MalformedPayload(content_type, f"keys, values and shape do not fit: {error}", number) from None
    found = ", ".join(map(repr, instance)) or "nothing"
    wanted = '{"features": [...]} or {"data": {"features": {"values": [...]}}}'
    raise MalformedPayload(content_type, f"an instance must be {wanted}; found an object with {found}", number)


def _is_sparse(features: dict[str, Any]) -> bool:
    """Tell sparse features by their keys; of a row of which all is absent nothing but the shape is left."""
    return bool(features.get("keys")) or (not features["values"] and bool(features.get("shape")))


def _sparse(features: dict[str, Any], told: int | None) -> NDArray[np.float64]:
    keys = np.asarray(features.get("keys") or np.empty(0, np.int64))
    if keys.dtype.kind != "i" or keys.ndim != 1 or (keys < 0).any():
        raise TypeError("keys must be whole numbers from 0")
    width = int(features["shape"][-1]) if features.get("shape") else told or int(keys.max()) + 1
    if not 0 <= width <= _MOST_FEATURES:
        raise ValueError(f"a width of {width}; at most {_MOST_FEATURES}")
    row = np.full(width, np.nan)
    row[keys] = np.asarray(features["values"], dtype=np.float64)
    return row
