"""Predictions through XGBoost's C interface are those of its Python."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xgboost as xgb
from byoml_xgboost.predicting import predict


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "binary:logistic"},
        {"objective": "reg:squarederror"},
        {"objective": "multi:softprob", "num_class": 2},
        {"objective": "multi:softmax", "num_class": 2},
        {"objective": "binary:logistic", "booster": "dart"},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
@pytest.mark.parametrize("rows", [1, 50])
def test_predictions_are_those_of_inplace_predict(settings: dict[str, object], rows: int) -> None:
    """Number for number, in shape and type, with missing values among the features."""
    table = np.random.default_rng(0).normal(size=(50, 6)).astype("float32")
    table[::7, 2] = np.nan
    model = xgb.train(settings, xgb.DMatrix(table, np.arange(50) % 2), 5)

    ours, theirs = predict(model, table[:rows]), model.inplace_predict(table[:rows])

    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_array_equal(ours, theirs)


def test_tables_that_lie_otherwise_in_memory_are_read_alike() -> None:
    """Columns first, every other row, double numbers: the C interface wants rows of float32 side by side."""
    table = np.random.default_rng(0).normal(size=(40, 6))
    model = xgb.train({}, xgb.DMatrix(table, np.arange(40) % 2), 5)
    plain = predict(model, table.astype("float32"))

    np.testing.assert_array_equal(predict(model, np.asfortranarray(table)), plain)
    np.testing.assert_array_equal(predict(model, table[::2]), plain[::2])


def test_a_prediction_outlives_the_next() -> None:
    """XGBoost keeps one buffer a thread; each prediction is a copy of it."""
    table = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
    model = xgb.train({}, xgb.DMatrix(table, np.arange(40) % 2), 5)
    first = predict(model, table)
    kept = first.copy()
    predict(model, -table)

    np.testing.assert_array_equal(first, kept)


def test_tables_of_any_length_follow_each_other_in_any_thread() -> None:
    """What a prediction leaves behind in its thread does not touch the next one, of another model or length."""
    table = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
    models = [xgb.train({}, xgb.DMatrix(table[:, :width], np.arange(40) % 2), 5) for width in (6, 3)]
    asked = [(model, table[:rows, : model.num_features()]) for rows in (1, 40, 2, 7) for model in models] * 8
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda each: predict(*each), asked))

    for (model, rows), numbers in zip(asked, found, strict=True):
        np.testing.assert_array_equal(numbers, model.inplace_predict(rows))


def test_a_linear_booster_predicts_too() -> None:
    """It has no in-place prediction, so it goes the long way."""
    table = np.random.default_rng(0).normal(size=(40, 6)).astype("float32")
    model = xgb.train({"booster": "gblinear"}, xgb.DMatrix(table, np.arange(40) % 2), 5)

    np.testing.assert_array_equal(predict(model, table), model.predict(xgb.DMatrix(table)))
