"""How good a model is: on a channel, and by cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml_sklearn.errors import FewRowsError
from byoml_sklearn.estimators import task_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml_sklearn.examples import Examples

__all__ = ["cross_validated", "scored"]

_TWO = 2


def scored(model: Any, examples: Examples) -> dict[str, float]:
    """Measure a fitted model.

    Args:
        model: The model.
        examples: Rows that it was trained on, or better others.

    Returns:
        By name: of a classifier accuracy, f1_macro, precision_macro and recall_macro, log_loss and roc_auc where it
        gives probabilities and knows all labels; of a regressor rmse, mae and r2; of others their own score, if any.
    """
    task = task_of(model)
    if task == "classifier":
        return _of_classes(model, examples)
    if task == "regressor":
        return _of_numbers(model, examples)
    return {"score": float(model.score(examples.features, examples.labels))} if hasattr(model, "score") else {}


def _of_classes(model: Any, examples: Examples) -> dict[str, float]:
    from sklearn import metrics

    labels, predicted = examples.labels, model.predict(examples.features)
    options: dict[str, Any] = {"average": "macro", "zero_division": 0}
    found = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "f1_macro": metrics.f1_score(labels, predicted, **options),
        "precision_macro": metrics.precision_score(labels, predicted, **options),
        "recall_macro": metrics.recall_score(labels, predicted, **options),
        **_of_probabilities(model, examples),
    }
    return {name: float(value) for name, value in found.items()}


def _of_probabilities(model: Any, examples: Examples) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics

    known = set(model.classes_.tolist())
    there = set(np.asarray(examples.labels).tolist())
    if not hasattr(model, "predict_proba") or not there <= known or len(known) < _TWO:
        return {}
    chances = model.predict_proba(examples.features)
    found = {"log_loss": metrics.log_loss(examples.labels, chances, labels=model.classes_)}
    if there == known:
        whole = chances[:, 1] if len(known) == _TWO else chances
        found["roc_auc"] = metrics.roc_auc_score(examples.labels, whole, multi_class="ovr", labels=model.classes_)
    return found


def _of_numbers(model: Any, examples: Examples) -> dict[str, float]:
    from sklearn import metrics

    labels, predicted = examples.labels, model.predict(examples.features)
    found = {
        "rmse": metrics.root_mean_squared_error(labels, predicted),
        "mae": metrics.mean_absolute_error(labels, predicted),
    }
    if len(predicted) >= _TWO:
        found["r2"] = metrics.r2_score(labels, predicted)
    return {name: float(value) for name, value in found.items()}


def cross_validated(model: Any, examples: Examples, folds: int) -> dict[str, tuple[float, float]]:
    """Train and measure a model once for each fold, on the other folds and on it.

    Args:
        model: Not fitted, and not fitted here: each fold gets a copy.
        examples: All rows; they are shuffled, always alike, and each class is spread over all folds.
        folds: How many.

    Returns:
        Mean and standard deviation of each metric that all folds have.

    Raises:
        FewRowsError: There are fewer rows, or fewer of one class, than folds.
    """
    import numpy as np
    from sklearn.base import clone

    found = []
    for train, test in _splitter(model, examples, folds).split(examples.features, examples.labels):
        part = examples.take(train)
        found.append(scored(clone(model).fit(part.features, part.labels), examples.take(test)))
    names = [name for name in found[0] if all(name in each for each in found)]
    values: Mapping[str, list[float]] = {name: [each[name] for each in found] for name in names}
    return {name: (float(np.mean(each)), float(np.std(each))) for name, each in values.items()}


def _splitter(model: Any, examples: Examples, folds: int) -> Any:
    import numpy as np
    from sklearn.model_selection import KFold, StratifiedKFold

    rows = len(examples.features)
    if rows < folds:
        raise FewRowsError(folds, rows, "in all")
    if task_of(model) != "classifier":
        return KFold(folds, shuffle=True, random_state=0)
    classes, counts = np.unique(np.asarray(examples.labels), return_counts=True)
    if counts.min() < folds:
        raise FewRowsError(folds, int(counts.min()), f"of class {classes[counts.argmin()].item()!r}")
    return StratifiedKFold(folds, shuffle=True, random_state=0)
