"""`application/json`: regular lists are arrays, everything else is plain Python."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.breath import Breath
from byoml.codecs.codec import Codec
from byoml.codecs.long_json import UnusualError, read_long
from byoml.codecs.nesting import MOST_LEVELS, too_deep
from byoml.codecs.regular import array_of
from byoml.codecs.text import decode_text
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["JsonCodec", "read", "write"]

_TYPE = "application/json"
# Bytes that are read, and items that are written, in one call of Python's parser or writer, which nothing else
# can run beside: a tenth of a second at most.
_LONG = 2**20
_MANY = 2**14
_WRITABLE = ("numbers, texts, booleans, None, arrays, lists, tuples and mappings of them",)


class JsonCodec(Codec):
    """Reads a regular list of one kind (numbers, booleans or texts) as an array; writes NaN and infinities as null.

    Lists and objects may be nested 100 deep.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE,)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        if len(body) > _LONG and (parameters.get("charset") or "utf-8").lower() == "utf-8":
            try:
                return read_long(body)
            except UnusualError:
                pass
        value = read(decode_text(body, parameters, _TYPE), _TYPE)
        return array_of(value) if isinstance(value, list) else value

    def encode(self, value: object) -> bytes:
        return write(value, _TYPE)


class _UnwritableError(TypeError):
    """What JSON has no form for; the text names it."""


def read(text: str, content_type: str, first_row: int = 1) -> Any:
    """Read one JSON text.

    Args:
        text: All of it.
        content_type: For the error.
        first_row: The row of the body that the text begins in.

    Returns:
        Plain Python.

    Raises:
        MalformedPayload: It is no JSON, or nested too deeply.
    """
    if too_deep(text):
        reason = f"lists or objects are nested too deeply; at most {MOST_LEVELS} levels are read"
        raise MalformedPayload(content_type, reason, first_row)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedPayload(content_type, error.msg, first_row + error.lineno - 1, error.colno) from None
    except ValueError:  # Python converts no more than 4,300 digits
        raise MalformedPayload(content_type, "an integer has too many digits", first_row) from None


def write(value: object, content_type: str) -> bytes:
    """Write a prediction as one JSON text; raises NotAcceptable, for the content type, where it has no form in JSON."""
    try:
        return _encoded(value)
    except (TypeError, ValueError, RecursionError):  # few predictions hold what needs a second look
        pass
    try:
        return _encoded(_plain(value))
    except _UnwritableError as error:
        found = str(error)
    except RecursionError:
        found = "itself, or something nested too deeply"
    raise NotAcceptable(content_type, _WRITABLE, f"the prediction is or holds {found}")


def _encoded(value: Any) -> bytes:
    """Write one JSON text; a long list in pieces."""
    if not (isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim)) or len(value) <= _MANY:
        return _STRICT.encode(value).encode()
    return f"[{', '.join(_pieces(value))}]".encode()


def _pieces(value: Any) -> Iterator[str]:
    breath = Breath()
    for at in range(0, len(value), _MANY):
        breath.take()
        yield _STRICT.encode(value[at : at + _MANY])[1:-1]


def _listed(value: object) -> Any:
    """Turn arrays, numpy's scalars, tensors and tables into lists and plain values."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__array__"):
        return np.asarray(value).tolist()
    raise _UnwritableError(f"a {type(value).__name__}")


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
    raise _UnwritableError(f"a mapping with a {type(key).__name__} as key")
