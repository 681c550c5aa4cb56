"""A prediction as the bytes of an answer; where the classes have names, each row names its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.request_errors import NotAcceptable

from byoml_tensorflow.asking import Answer
from byoml_tensorflow.content_types import CSV, JSON, JSON_LINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.codecs import Codecs

__all__ = ["document", "write"]

_ROWS = 2


def write(prediction: Any, accept: str, codecs: Codecs, classes: Sequence[str]) -> bytes:
    """Write an answer.

    Args:
        prediction: What `predict` gave, or a user's predict_fn.
        accept: The type.
        codecs: The codecs.
        classes: Their names; none where the model has none.

    Returns:
        The body: as JSON TF Serving's object, as JSON lines a prediction a line, as CSV a row a line (the class first,
        where it has a name), as npy the output as it is.

    Raises:
        NotAcceptable: The prediction cannot be written so.
    """
    if accept == JSON:
        return codecs.encode(document(prediction, classes), accept)
    if accept == JSON_LINES[0]:
        whole = document(prediction, classes)
        return codecs.encode(next(iter(whole.values())) if isinstance(whole, dict) else whole, accept)
    only = prediction.only if isinstance(prediction, Answer) else prediction
    if only is None:
        raise NotAcceptable(accept, (JSON, JSON_LINES[0]), "the model has several outputs")
    if accept == CSV and _named(only, classes):
        return codecs.encode([[name, *row] for name, row in _classified(only, classes)], accept)
    if accept == CSV and getattr(only, "ndim", 0) > _ROWS:
        only = only.reshape(len(only), -1)
    return codecs.encode(only, accept)


def document(prediction: Any, classes: Sequence[str] = ()) -> Any:
    """Make TF Serving's JSON object of a prediction; a user's own mapping is left as it is.

    Args:
        prediction: As in `write`.
        classes: As in `write`.

    Returns:
        `{"predictions": [...]}`, `{"outputs": ...}` or `{"results": [...]}`.
    """
    if isinstance(prediction, dict):
        return prediction
    if isinstance(prediction, Answer):
        if prediction.form != "rows" or prediction.only is None:
            return prediction.document
        prediction = prediction.only
    if _named(prediction, classes):
        rows = _classified(prediction, classes)
        return {
            "predictions": [
                {"class": name, "probabilities": dict(zip(classes, row, strict=True))} for name, row in rows
            ]
        }
    return Answer({"": prediction}).document if hasattr(prediction, "dtype") else {"predictions": prediction}


def _named(prediction: Any, classes: Sequence[str]) -> bool:
    return bool(classes) and getattr(prediction, "shape", ())[1:] == (len(classes),)


def _classified(prediction: Any, classes: Sequence[str]) -> list[tuple[str, list[float]]]:
    best = prediction.argmax(axis=1).tolist()
    return [(classes[index], row) for index, row in zip(best, prediction.tolist(), strict=True)]
