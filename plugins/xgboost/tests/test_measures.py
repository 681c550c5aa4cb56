"""Metrics that XGBoost does not have, held against scikit-learn's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from byoml_xgboost.measures import CLASSIFYING, better_is_more, measuring, predicted_classes
from sklearn import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 200


def alone(sums: NDArray[Any]) -> NDArray[Any]:
    return sums


def _noted(into: list[NDArray[Any]], sums: NDArray[Any]) -> NDArray[Any]:
    into.append(sums)
    return sums


def data_of(labels: NDArray[Any]) -> xgb.DMatrix:
    return xgb.DMatrix(np.zeros((len(labels), 1), np.float32), labels, nthread=1)


@pytest.mark.parametrize(
    ("name", "theirs", "average"),
    [
        ("accuracy", metrics.accuracy_score, None),
        ("balanced_accuracy", metrics.balanced_accuracy_score, None),
        ("f1", metrics.f1_score, "macro"),
        ("f1_macro", metrics.f1_score, "macro"),
        ("precision_macro", metrics.precision_score, "macro"),
        ("precision_micro", metrics.precision_score, "micro"),
        ("recall_macro", metrics.recall_score, "macro"),
        ("recall_micro", metrics.recall_score, "micro"),
        ("f1_binary", metrics.f1_score, "binary"),
        ("precision", metrics.precision_score, "binary"),
        ("recall", metrics.recall_score, "binary"),
    ],
)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_measures_of_classes_are_scikit_learns(name: str, theirs: Any, average: str | None, classes: int) -> None:
    """Of two classes and of four, also where a class is never predicted and one never true."""
    if classes > 2 and average == "binary":  # f1_binary is refused there
        average, name = "macro", name.replace("f1_binary", "f1")
    random = np.random.default_rng(1)
    labels = random.integers(0, max(2, classes - 1), _ROWS)
    probabilities = random.random((_ROWS, classes))
    probabilities[:, 1] *= 1.5
    objective = "binary:logistic" if classes == 2 else "multi:softprob"
    predictions = probabilities[:, 1] / 1.5 if classes == 2 else probabilities
    said = (predictions > 0.5).astype(int) if classes == 2 else probabilities.argmax(axis=1)

    ((found_name, found),) = measuring([name], objective, classes, alone)(predictions, data_of(labels))

    options = {"average": average, "zero_division": 0} if average else {}
    assert found_name == name
    assert found == pytest.approx(theirs(labels, said, **options))


@pytest.mark.parametrize(("name", "theirs"), [("mse", metrics.mean_squared_error), ("r2", metrics.r2_score)])
def test_measures_of_values_are_scikit_learns(name: str, theirs: Any) -> None:
    """Of labels and predictions that are any numbers."""
    random = np.random.default_rng(2)
    labels = random.normal(5, 3, _ROWS).astype(np.float32)
    predictions = (labels + random.normal(0, 1, _ROWS)).astype(np.float32)

    ((_, found),) = measuring([name], "reg:squarederror", 0, alone)(predictions, data_of(labels))

    assert found == pytest.approx(theirs(labels, predictions), rel=1e-5)


def test_hosts_find_together_what_one_would_find_alone() -> None:
    """Sums of two hosts' parts give the very number of all rows."""
    random = np.random.default_rng(3)
    labels, predictions = random.integers(0, 2, _ROWS), random.random(_ROWS)
    names = [*CLASSIFYING, "mse", "r2"]
    parts: list[list[NDArray[Any]]] = [[], []]
    for rows, sums in zip((slice(0, 30), slice(30, None)), parts, strict=True):
        noted = partial(_noted, sums)
        measuring(names, "binary:logistic", 2, noted)(predictions[rows], data_of(labels[rows]))
    totals = iter([first + second for first, second in zip(*parts, strict=True)])

    together = measuring(names, "binary:logistic", 2, lambda _: next(totals))(predictions[:30], data_of(labels[:30]))

    alone_found = measuring(names, "binary:logistic", 2, alone)(predictions, data_of(labels))
    assert dict(together) == pytest.approx(dict(alone_found))


@pytest.mark.parametrize(
    ("objective", "predictions", "classes"),
    [
        ("binary:logistic", [0.4, 0.6], [0, 1]),
        ("binary:logitraw", [-0.1, 0.1], [0, 1]),
        ("binary:hinge", [0.0, 1.0], [0, 1]),
        ("multi:softmax", [2.0, 0.0], [2, 0]),
        ("multi:softprob", [[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], [1, 0]),
    ],
)
def test_the_class_of_a_prediction_depends_on_the_objective(
    objective: str, predictions: list[Any], classes: list[int]
) -> None:
    """A probability is cut in its middle and a margin at 0: cutting both at 0 would call every row positive."""
    assert predicted_classes(np.array(predictions), objective).tolist() == classes


def test_only_of_errors_less_is_better() -> None:
    """So early stopping knows which way to look."""
    assert [better_is_more(name) for name in ("accuracy", "r2", "mse")] == [True, True, False]
