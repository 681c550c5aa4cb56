"""One input's values as the array that its signature takes."""

from __future__ import annotations

import binascii
from base64 import b64decode
from math import prod
from typing import TYPE_CHECKING, Any

from byoml.request_errors import MalformedPayload

from byoml_tensorflow.content_types import JSON
from byoml_tensorflow.errors import WrongShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from byoml_tensorflow.models import Input

__all__ = ["column", "unwrapped"]

_B64 = "b64"
_FLAT = 2


def column(values: Any, wanted: Input | None, content_type: str = JSON) -> NDArray[Any]:
    """Make an array of values, of the input's own type and shape.

    Args:
        values: Nested lists, numbers, texts, or an array.
        wanted: The input; None where nothing is known of it.
        content_type: The request's, for errors.

    Returns:
        Rows on the first axis. One row alone becomes a batch of one; flat rows get the shape of the input.

    Raises:
        MalformedPayload: They are ragged, of another kind, or of another shape.
    """
    import numpy as np

    strings = wanted is not None and wanted.dtype == "object"
    try:
        array = np.asarray(values, dtype=object if strings else None)
    except ValueError:
        raise MalformedPayload(content_type, "its lists have different lengths") from None
    if strings:
        array = _texts(array)
    elif array.dtype.kind not in "buif":
        raise MalformedPayload(content_type, f"found {_found(array)}; the model takes numbers")
    if wanted is None:
        return array
    shaped = _shaped(array, wanted)
    return shaped if strings else _typed(shaped, wanted, content_type)


def unwrapped(value: Any) -> Any:
    """Put bytes in place of each `{"b64": "..."}`; raises MalformedPayload where that is no base64."""
    if isinstance(value, list):
        return [unwrapped(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_B64}:
        try:
            return b64decode(value[_B64], validate=True)
        except (TypeError, ValueError, binascii.Error) as error:
            raise MalformedPayload(JSON, f"the value of b64 is no base64: {error}") from None
    return {key: unwrapped(item) for key, item in value.items()}


def _texts(array: NDArray[Any]) -> NDArray[Any]:
    """Write texts as the bytes that TensorFlow's strings are; anything else passes, for TensorFlow to judge."""
    import numpy as np

    flat = [item.encode() if isinstance(item, str) else item for item in array.ravel().tolist()]
    for item in flat:
        if not isinstance(item, bytes):
            raise MalformedPayload(JSON, f"found {item!r}; the model takes texts")
    texts = np.empty(len(flat), dtype=object)
    texts[:] = flat
    return texts.reshape(array.shape)


def _found(array: NDArray[Any]) -> str:
    first = array.ravel()[:1].tolist()
    return repr(first[0])[:80] if first else "nothing"


def _typed(array: NDArray[Any], wanted: Input, content_type: str) -> NDArray[Any]:
    import numpy as np

    try:
        kind = np.dtype(wanted.dtype)
    except TypeError:  # bfloat16 and its like, which TensorFlow makes of floats by itself
        return array
    if kind.kind in "iub" and array.dtype.kind == "f":
        whole = array.astype(kind)
        if not np.array_equal(whole, array):
            raise MalformedPayload(content_type, f"found numbers that are not whole; {wanted.name!r} takes {kind}")
        return whole
    return array.astype(kind, copy=False)


def _shaped(array: NDArray[Any], wanted: Input) -> NDArray[Any]:
    shape = wanted.shape
    if shape is None or _fits(array.shape, shape):
        return array
    if _fits((1, *array.shape), shape):
        return array[None]
    sizes = [size for size in shape[1:] if size is not None]
    if array.ndim == _FLAT and len(sizes) == len(shape) - 1 and array.shape[1] == prod(sizes):
        return array.reshape(-1, *sizes)
    raise WrongShape(wanted.name, shape, array.shape)


def _fits(found: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    if len(found) != len(wanted) or (found and not found[0]):
        return False
    return all(want in (None, size) for size, want in zip(found, wanted, strict=True))
