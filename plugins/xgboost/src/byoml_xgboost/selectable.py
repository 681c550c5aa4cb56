"""Selectable inference: what an answer holds for each row, by key (contract/inference X-5 and X-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from byoml_xgboost.objective import Objective

__all__ = ["keys_of", "select"]

_LABELLED = ("predicted_label", "labels", "raw_score", "raw_scores")
_PROBABLE = ("predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores")
_KEYS = {
    "binary:logistic": _PROBABLE,
    "multi:softprob": _PROBABLE,
    "binary:logitraw": _LABELLED,
    "binary:hinge": _LABELLED,
    "multi:softmax": _LABELLED,
}
_SCORED = ("predicted_score",)
_HALF = 0.5


def keys_of(objective: Objective) -> tuple[str, ...]:
    """Name the keys that have a value; whatever tells no classes (reg, rank, count, survival ...) has one score."""
    return _KEYS.get(objective.name, _SCORED)


def select(prediction: NDArray[Any], keys: Sequence[str], objective: Objective) -> list[dict[str, Any]]:
    """Make what the keys name.

    Args:
        prediction: One number a row, or a row of them.
        keys: The keys; one that the objective has no value for is NaN, as in AWS's container.
        objective: The model's.

    Returns:
        One mapping a row, its keys in the order that they are asked for in.
    """
    known = keys_of(objective)
    empty = [float("nan")] * len(prediction)
    columns = [_column(key, prediction, objective) if key in known else empty for key in keys]
    return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]


def _column(key: str, prediction: NDArray[Any], objective: Objective) -> list[Any]:
    if key == "predicted_score":
        scores: list[Any] = prediction.tolist()
        return scores
    if key == "labels":
        return [list(range(objective.classes)) for _ in prediction]
    if key == "predicted_label":
        return _LABELS[objective.name](prediction)
    several = key in ("probabilities", "raw_scores")
    if prediction.ndim > 1:
        values: list[Any] = (prediction if several else prediction.max(axis=1)).tolist()
        return values
    # Of margins and class numbers these two mean nothing; AWS's container answers them all the same.
    return [[1.0 - value, value] if several else value for value in prediction.tolist()]


_LABELS: dict[str, Callable[[Any], list[Any]]] = {
    "binary:logistic": lambda prediction: (prediction > _HALF).astype(int).tolist(),
    "binary:logitraw": lambda prediction: (prediction > 0).astype(int).tolist(),
    "binary:hinge": lambda prediction: prediction.tolist(),
    "multi:softmax": lambda prediction: prediction.tolist(),
    "multi:softprob": lambda prediction: prediction.argmax(axis=1).tolist(),
}
