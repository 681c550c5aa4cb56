"""Metrics that XGBoost does not have and AWS's container does, computed over the rows of all hosts.

Each is made of sums (a confusion matrix, or moments), so that hosts add up theirs and all find the same number. Weights
of rows do not count in them, as in AWS's container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import xgboost as xgb
    from numpy.typing import NDArray

    Sums = NDArray[np.float64]

__all__ = ["CLASSIFYING", "MEASURES", "better_is_more", "measuring", "predicted_classes"]

#: Those of classes.
CLASSIFYING = (
    "accuracy",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "precision",
    "precision_macro",
    "precision_micro",
    "recall",
    "recall_macro",
    "recall_micro",
)
MEASURES = (*CLASSIFYING, "mse", "r2")
_BINARY = 2


def better_is_more(name: str) -> bool:
    """Tell whether more of a measure is better."""
    return name != "mse"


def measuring(
    names: Sequence[str], objective: str, classes: int, add_up: Callable[[Sums], Sums]
) -> Callable[[NDArray[Any], xgb.DMatrix], list[tuple[str, float]]]:
    """Make the function that XGBoost calls for each data set in each round.

    Args:
        names: Measures, of `MEASURES`.
        objective: What is trained for; it says what predictions are.
        classes: How many classes there are, 2 for `binary:` objectives.
        add_up: Adds an array to those of all other hosts.

    Returns:
        Takes predictions after the objective's own transformation, and the data; gives names with values.
    """

    def measure(predictions: NDArray[Any], data: xgb.DMatrix) -> list[tuple[str, float]]:
        labels = data.get_label()
        found: dict[str, float] = {}
        if any(name in CLASSIFYING for name in names):
            predicted = predicted_classes(predictions, objective)
            found |= _of_classes(add_up(_confusion(labels, predicted, classes)))
        if "mse" in names or "r2" in names:
            found |= _of_values(add_up(_moments(labels, predictions)))
        return [(name, found[name]) for name in names]

    return measure


def predicted_classes(predictions: NDArray[Any], objective: str) -> NDArray[Any]:
    """Tell the class of each prediction: the likeliest, the one that is said, or which side of the middle it is on."""
    if predictions.ndim > 1:
        likeliest: NDArray[Any] = predictions.argmax(axis=1)
        return likeliest
    if objective.startswith("multi:"):
        return predictions.astype(int)
    middle = 0.0 if objective == "binary:logitraw" else 0.5
    return (predictions > middle).astype(int)


def _confusion(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> Sums:
    import numpy as np

    counts = np.bincount(labels.astype(int) * classes + predicted, minlength=classes * classes)
    return counts.astype(np.float64)


def _of_classes(counts: Sums) -> dict[str, float]:
    """Work out all measures of a confusion matrix, a row for each true class; a share of nothing is 0."""
    import numpy as np

    side = int(np.sqrt(counts.size))
    matrix = counts.reshape(side, side)
    right, true, said = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    seen = (true + said) > 0
    recall, precision = _share(right, true), _share(right, said)
    f1 = _share(2 * right, true + said)
    accuracy = float(right.sum() / matrix.sum())
    binary = side == _BINARY
    return {
        "accuracy": accuracy,
        "balanced_accuracy": float(recall[true > 0].mean()),
        "f1": float(f1[seen].mean()),
        "f1_macro": float(f1[seen].mean()),
        "f1_binary": float(f1[-1]) if binary else float("nan"),
        "precision": float(precision[-1] if binary else precision[seen].mean()),
        "precision_macro": float(precision[seen].mean()),
        "precision_micro": accuracy,
        "recall": float(recall[-1] if binary else recall[seen].mean()),
        "recall_macro": float(recall[seen].mean()),
        "recall_micro": accuracy,
    }


def _share(part: Sums, whole: Sums) -> Sums:
    import numpy as np

    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _moments(labels: NDArray[Any], predictions: NDArray[Any]) -> Sums:
    import numpy as np

    true, said = labels.astype(np.float64), predictions.astype(np.float64)
    return np.array([len(true), true.sum(), (true**2).sum(), ((true - said) ** 2).sum()])


def _of_values(moments: Sums) -> dict[str, float]:
    import numpy as np

    rows, total, squares, errors = moments
    spread = squares - total**2 / rows
    r2 = 1 - errors / spread if spread > 0 else np.nan
    return {"mse": float(errors / rows), "r2": float(r2)}
