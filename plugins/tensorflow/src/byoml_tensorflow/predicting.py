"""From what a request asks to what the model says, whoever has loaded it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byoml_tensorflow.asking import Ask
from byoml_tensorflow.models import models_of

__all__ = ["predict"]


def predict(data: Any, model: Any) -> Any:
    """Predict.

    Args:
        data: Rows as an array, an Ask, or what a user's input_fn made: an array, lists, or a mapping of inputs.
        model: What `model_fn` gave: ours, or the user's Keras model, SavedModel or function.

    Returns:
        An array with one row a row, where there is one output; else an Answer; of a user's model what it gave.
    """
    models = models_of(model)
    if models is None:
        return _of_users(data, model)
    if not isinstance(data, Ask):
        given = data if isinstance(data, Mapping) else {"": data}
        data = Ask({name: _numpy(value) for name, value in given.items()})
    answer = data.answer(models)
    # A single output is given as its array, which may be split again among requests.
    return answer.only if answer.form == "rows" and answer.only is not None else answer


def _of_users(data: Any, model: Any) -> Any:
    """Ask a Keras model for one batch, which is several times as fast as its `predict`; others are called."""
    given = _given(data)
    if hasattr(model, "predict_on_batch"):
        return model.predict_on_batch(given)
    return _numpy(model(given))


def _given(data: Any) -> Any:
    if not isinstance(data, Ask):
        return data
    return data.given[""] if set(data.given) == {""} else dict(data.given)


def _numpy(value: Any) -> Any:
    return value.numpy() if hasattr(value, "numpy") else value
