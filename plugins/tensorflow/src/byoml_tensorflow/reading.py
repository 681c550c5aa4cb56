"""A request's body, by its content type: rows for the default signature, or what else it asks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import parse_media_type
from byoml.request_errors import MalformedPayload

from byoml_tensorflow.asking import Ask, Target
from byoml_tensorflow.columns import column, unwrapped
from byoml_tensorflow.content_types import JSON, JSON_LINES, PICTURES, VIDEOS
from byoml_tensorflow.errors import UnreadableVideoError, WrongInputs
from byoml_tensorflow.video import COLOR_CHANNELS, Form, clip_of_bytes, picture_of_bytes

if TYPE_CHECKING:
    from byoml.codecs import Codecs
    from numpy.typing import NDArray

    from byoml_tensorflow.models import Input, Models

__all__ = ["read"]

_ENVELOPES = {"instances": "rows", "inputs": "columns", "examples": "examples"}
_PICTURE, _CLIP = 4, 5
_SPACE = re.compile(r"\s*")


def read(body: bytes, content_type: str, codecs: Codecs, models: Models | None, target: Target) -> NDArray[Any] | Ask:
    """Read a body.

    Args:
        body: As it came.
        content_type: The header's value.
        codecs: The codecs.
        models: What is loaded; None where the user's model_fn has loaded it.
        target: Which model is asked.

    Returns:
        An array that may meet the rows of other requests, where the default signature of the default model is asked
        with rows; else an Ask.

    Raises:
        RequestError: It cannot be read, or does not fit.
    """
    kind = parse_media_type(content_type).essence
    if kind in (JSON, *JSON_LINES):
        ask = _read_json(body, content_type, codecs)
    elif kind in VIDEOS:
        ask = Ask({"": _clip(body, kind, _input(models, target), models)})
    elif kind in PICTURES:
        ask = Ask({"": _picture(body, kind, _input(models, target))})
    else:
        ask = Ask({"": codecs.decode(body, content_type)})
    plain = target == Target() and ask.form == "rows" and ask.signature is None and set(ask.given) == {""}
    if not plain:
        return replace(ask, target=target)
    if models is None:
        return column(ask.given[""], None, content_type)
    signature = models.signature()
    if signature.only_input is None:
        raise WrongInputs([], signature.inputs)
    return column(ask.given[""], signature.only_input, content_type)


def _input(models: Models | None, target: Target) -> Input | None:
    return models.signature(target.model, target.version).only_input if models else None


def _read_json(body: bytes, content_type: str, codecs: Codecs) -> Ask:
    """Read any of the forms that TF Serving's container takes (contract/inference C-12).

    Args:
        body: An object with `instances`, `inputs` or `examples`; one value or object; or several, one after another.
        content_type: For errors.
        codecs: The codecs.

    Returns:
        What it asks.

    Raises:
        MalformedPayload: It is no JSON.
    """
    value = _values(body, content_type, codecs)
    if b'"b64"' in body:
        value = unwrapped(value)
    if not isinstance(value, dict):
        return Ask(_named(value), "rows")
    found = [key for key in _ENVELOPES if key in value]
    if not found:
        return Ask(_named([value]), "rows")
    said, form, name = value[found[0]], _ENVELOPES[found[0]], value.get("signature_name")
    if not (name is None or isinstance(name, str)):
        raise MalformedPayload(content_type, f"signature_name is {name!r}; it must be a text")
    if form == "columns":
        return Ask(said if isinstance(said, dict) and said else {"": said}, form, signature=name)
    if not isinstance(said, list) or not said:
        raise MalformedPayload(content_type, f"{found[0]} must be a list of at least one row")
    return Ask({"": said} if form == "examples" else _named(said), form, signature=name)


def _values(body: bytes, content_type: str, codecs: Codecs) -> Any:
    if parse_media_type(content_type).essence in JSON_LINES:
        value = codecs.decode(body, content_type)
        return _several(list(value)) if isinstance(value, list) else value
    try:
        return codecs.decode(body, content_type)
    except MalformedPayload:
        several = _sequence(body)
        if several is None:
            raise
        return _several(several)


def _several(values: list[Any]) -> Any:
    """Take a line that holds an envelope for what it is; several lines are rows."""
    one = len(values) == 1 and isinstance(values[0], dict) and any(key in values[0] for key in _ENVELOPES)
    return values[0] if one else values


def _sequence(body: bytes) -> list[Any] | None:
    """Read JSON texts that follow one another, whatever lies between them; None where there are not several."""
    decoder = json.JSONDecoder()
    values: list[Any] = []
    try:
        text = body.decode("utf-8").strip()
        at = 0
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            values.append(value)
            space = _SPACE.match(text, end)
            at = space.end() if space else end
    except (ValueError, RecursionError):
        return None
    return values if len(values) > 1 else None


def _named(rows: Any) -> dict[str, Any]:
    """Make columns of rows that are objects with one value an input."""
    if not isinstance(rows, list) or not any(isinstance(row, dict) for row in rows):
        return {"": rows}
    names = list(rows[0]) if isinstance(rows[0], dict) else []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or set(row) != set(names):
            raise MalformedPayload(
                JSON, f"each row must be an object with {', '.join(names) or 'the same keys'}", number
            )
    return {name: [row[name] for row in rows] for name in names}


def _clip(body: bytes, kind: str, wanted: Input | None, models: Models | None) -> NDArray[Any]:
    shape = wanted.shape if wanted and wanted.shape and len(wanted.shape) == _CLIP else None
    if shape is None or models is None or None in shape[1:]:
        reason = "the model does not say how many rows, columns, frames and channels it takes: write an input_fn"
        raise MalformedPayload(kind, reason)
    rows, cols, depth, channels = (int(size or 0) for size in shape[1:])
    try:
        return clip_of_bytes(body, Form(rows, cols, depth, channels, models.notes.skip), "the video")[None]
    except UnreadableVideoError as error:
        raise MalformedPayload(kind, str(error)) from None


def _picture(body: bytes, kind: str, wanted: Input | None) -> NDArray[Any]:
    """Read a picture; for a model of clips it is one that stands still."""
    import numpy as np

    shape = wanted.shape if wanted else None
    if shape is None:
        rows, cols, channels = None, None, COLOR_CHANNELS
    elif len(shape) in (_PICTURE, _CLIP):
        rows, cols, channels = shape[1], shape[2], shape[-1] or COLOR_CHANNELS
    else:
        raise MalformedPayload(kind, f"the model takes no pictures: its input has {len(shape)} axes")
    try:
        picture = picture_of_bytes(body, rows, cols, channels)
    except UnreadableVideoError as error:
        raise MalformedPayload(kind, str(error)) from None
    if shape is not None and len(shape) == _CLIP:
        return np.repeat(picture[:, :, None], shape[3] or 1, axis=2)[None]
    return picture[None]
