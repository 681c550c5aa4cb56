"""What a job leaves in `output/data` beside its model: pictures, and all metrics as one file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from byoml.job import pictures

from byoml_sklearn.estimators import task_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml_sklearn.examples import Examples

__all__ = ["importances", "write_results"]

_METRICS = "metrics.json"
_CONFUSION = "confusion_matrix.png"
_IMPORTANCE = "feature_importance.png"


def write_results(folder: Path, model: Any, examples: Examples, metrics: Mapping[str, Any]) -> None:
    """Write `metrics.json`, `confusion_matrix.png` of a classifier, `feature_importance.png` where the model has them.

    Args:
        folder: Made where it is missing.
        model: Fitted.
        examples: What the confusion matrix is counted on.
        metrics: As JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    if task_of(model) == "classifier":
        from sklearn.metrics import confusion_matrix

        predicted = model.predict(examples.features)
        classes = sorted({*examples.labels.tolist(), *predicted.tolist()} if examples.labels is not None else ())
        counts = confusion_matrix(examples.labels, predicted, labels=classes)
        pictures.confusion_matrix(folder / _CONFUSION, counts, [str(name) for name in classes])
    weights = importances(model, examples.names)
    if weights:
        pictures.importance(folder / _IMPORTANCE, weights)


def importances(model: Any, names: tuple[str, ...]) -> dict[str, float]:
    """Tell how much a model goes by each feature.

    Args:
        model: A fitted estimator, or a pipeline whose last step is one.
        names: Of the features that it was trained on.

    Returns:
        Its `feature_importances_`, or the mean size of its coefficients, by feature; an encoded text has one for each
        value. Nothing where it has neither.
    """
    import numpy as np

    last = model
    features = list(names)
    if hasattr(model, "steps"):
        last = model[-1]
        features = [str(name) for name in model[:-1].get_feature_names_out(np.array(names, dtype=object))]
    weights = getattr(last, "feature_importances_", None)
    if weights is None and hasattr(last, "coef_"):
        weights = np.abs(np.atleast_2d(_dense(last.coef_))).mean(axis=0)
    if weights is None or len(weights) != len(features):
        return {}
    return dict(zip(features, np.asarray(weights, dtype=float).tolist(), strict=True))


def _dense(values: Any) -> Any:
    return values.toarray() if hasattr(values, "toarray") else values
