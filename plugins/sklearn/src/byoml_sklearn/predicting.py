"""Predictions: by which method a request asks for, and whether rows of several requests may go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import parse_accept

from byoml_sklearn.errors import NoSuchMethod, ValueMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["METHODS", "method_of", "predict", "predicts_rows_alone"]

#: What `method` of an Accept header may say.
METHODS = ("predict", "predict_proba", "decision_function")
# Libraries whose estimators predict each row by itself; nobody knows what a user's own class does.
_KNOWN = frozenset({"sklearn", "xgboost", "lightgbm", "catboost", "imblearn"})


def method_of(accept: str, model: Any) -> str:
    """Tell which method a request asks for.

    Args:
        accept: Its Accept header, such as `text/csv; method=predict_proba`.
        model: The estimator.

    Returns:
        The method's name; `predict` where the header says nothing.

    Raises:
        NoSuchMethod: The model has no such method.
    """
    if ";" not in accept:
        return METHODS[0]
    asked = next((said for kind in parse_accept(accept) if (said := kind.parameters.get("method"))), METHODS[0])
    if asked not in METHODS or not hasattr(model, asked):
        raise NoSuchMethod(asked, type(model).__name__, [name for name in METHODS if hasattr(model, name)])
    return asked


def predict(model: Any, method: str, rows: Any) -> Any:
    """Predict.

    Args:
        model: The estimator.
        method: One that it has.
        rows: What it takes.

    Returns:
        One item a row on the first axis: a label or number, or a probability or score for each of `model.classes_`.

    Raises:
        ValueMissing: A value is missing or infinite, and the model takes only others.
    """
    try:
        found = getattr(model, method)(rows)
    except ValueError as error:
        place = _first_not_finite(rows)
        if place is None or not any(word in str(error) for word in ("NaN", "infinity")):
            raise
        raise ValueMissing(type(model).__name__, *place) from error
    return _by_row(found) if isinstance(found, list) else found


def _by_row(outputs: list[Any]) -> Any:
    """Put the probabilities of several outputs, which come one output after the other, row by row."""
    import numpy as np

    if len({each.shape for each in outputs}) == 1:
        return np.stack(outputs, axis=1)
    return [[each[row].tolist() for each in outputs] for row in range(len(outputs[0]))]


def _first_not_finite(rows: Any) -> tuple[int, int] | None:
    """Find the first number that is none; returns its row and column, from 1."""
    import numpy as np

    table = rows.to_numpy() if hasattr(rows, "to_numpy") else np.asarray(rows)
    for row, cells in enumerate(table.tolist(), 1):
        for column, cell in enumerate(cells, 1):
            if isinstance(cell, float) and not np.isfinite(cell):
                return row, column
    return None


def predicts_rows_alone(model: Any) -> bool:
    """Tell whether what a row gives is sure not to depend on the rows beside it.

    Args:
        model: An estimator.

    Returns:
        True for estimators and pipelines of known libraries; False where a part is of the user's own making.
    """
    return all(_is_known(part) for part in _parts(model))


def _parts(model: Any) -> Iterator[Any]:
    yield model
    if hasattr(model, "get_params") and not isinstance(model, type):
        yield from (value for value in model.get_params().values() if hasattr(value, "get_params"))


def _is_known(part: Any) -> bool:
    kind = type(part)
    return kind.__module__.partition(".")[0] in _KNOWN and not getattr(part, "func", None)
