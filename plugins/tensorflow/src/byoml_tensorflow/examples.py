"""TF Serving's classify and regress: objects as `tf.Example`, and what such signatures answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.request_errors import MalformedPayload

from byoml_tensorflow.content_types import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["results", "serialized"]


def serialized(objects: Any) -> NDArray[Any]:
    """Write objects as serialized examples.

    Args:
        objects: A list of objects; each value a number, a text, or a list of them.

    Returns:
        One string a row, as objects.

    Raises:
        MalformedPayload: They are no such objects.
    """
    import numpy as np

    if not isinstance(objects, list) or not objects or not all(isinstance(item, dict) for item in objects):
        raise MalformedPayload(JSON, 'examples must be a list of objects, such as [{"x": 1.0}]')
    rows = np.empty(len(objects), dtype=object)
    rows[:] = [_example(item, number) for number, item in enumerate(objects, 1)]
    return rows


def _example(said: Mapping[str, Any], row: int) -> bytes:
    import tensorflow as tf

    features = {name: _feature(name, value, row) for name, value in said.items()}
    example = tf.train.Example(features=tf.train.Features(feature=features))
    written: bytes = example.SerializeToString()
    return written


def _feature(name: str, value: Any, row: int) -> Any:
    import tensorflow as tf

    values = value if isinstance(value, list) else [value]
    if all(isinstance(item, (str, bytes)) for item in values):
        texts = [item.encode() if isinstance(item, str) else item for item in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))
    if all(isinstance(item, int) for item in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if all(isinstance(item, (int, float)) for item in values):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    raise MalformedPayload(JSON, f"the feature {name!r} is {value!r}; it must be numbers or texts", row)


def results(outputs: Mapping[str, NDArray[Any]]) -> list[Any]:
    """Write outputs as TF Serving does.

    Args:
        outputs: `classes` and `scores` of a classification, or the one output of a regression.

    Returns:
        A row: pairs of label and score, or a number.
    """
    if {"classes", "scores"} <= set(outputs):
        rows = zip(outputs["classes"].tolist(), outputs["scores"].tolist(), strict=True)
        return [[[_text(label), score] for label, score in zip(*row, strict=True)] for row in rows]
    only = next(iter(outputs.values()))
    found: list[Any] = (only.reshape(-1) if only.size == len(only) else only).tolist()
    return found


def _text(label: Any) -> Any:
    return label.decode("utf-8", "replace") if isinstance(label, bytes) else label
