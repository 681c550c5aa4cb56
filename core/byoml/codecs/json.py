"""`application/json`: regular lists are arrays, everything else is plain Python."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.text import as_text_array, decode_text
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JsonCodec"]

_TYPE = "application/json"
_WRITABLE = ("numbers, texts, booleans, None, arrays, lists, tuples and mappings of them",)


class JsonCodec(Codec):
    """Reads a regular list of one kind (numbers, booleans or texts) as an array; writes NaN and infinities as null."""

    content_types: ClassVar[tuple[str, ...]] = (_TYPE,)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        text = decode_text(body, parameters, _TYPE)
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise MalformedPayload(_TYPE, error.msg, error.lineno, error.colno) from None
        except ValueError:  # Python converts no more than 4,300 digits
            raise MalformedPayload(_TYPE, "an integer has too many digits") from None
        except RecursionError:
            raise MalformedPayload(_TYPE, "lists or objects are nested too deeply") from None
        return _array_of(value) if isinstance(value, list) else value

    def encode(self, value: object) -> bytes:
        try:
            return _STRICT.encode(value).encode()
        except (TypeError, ValueError, RecursionError):  # few predictions hold what needs a second look
            return _encode_plain(value)


def _encode_plain(value: object) -> bytes:
    try:
        return _STRICT.encode(_plain(value)).encode()
    except RecursionError:
        raise _unwritable("itself, or something nested too deeply") from None


def _array_of(value: list[Any]) -> Any:
    """Make an array of a regular list of one kind; numbers beyond int64 become floats, as they do in CSV."""
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


def _whole_numbers(leaves: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[Any]]:
    try:
        return leaves.astype(np.int64)
    except OverflowError:
        return leaves.astype(np.float64)


def _listed(value: object) -> Any:
    """Turn arrays, numpy's scalars, tensors and tables into lists and plain values."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__array__"):
        return np.asarray(value).tolist()
    raise _unwritable(f"a {type(value).__name__}")


_STRICT = json.JSONEncoder(default=_listed, allow_nan=False)


def _plain(value: object) -> Any:
    """Copy a prediction with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    return _plain(_listed(value))


def _key(key: object) -> str | int | float | bool | None:
    if isinstance(key, np.generic):
        key = key.item()
    if isinstance(key, float) and not math.isfinite(key):
        return str(key)
    if key is None or isinstance(key, (str, int, float)):
        return key
    raise _unwritable(f"a mapping with a {type(key).__name__} as key")


def _unwritable(found: str) -> NotAcceptable:
    return NotAcceptable(_TYPE, _WRITABLE, f"the prediction is or holds {found}")
