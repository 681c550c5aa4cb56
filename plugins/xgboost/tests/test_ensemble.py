"""Several models of one folder predict together, as the folds of AWS's cross-validation do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from byoml_xgboost.ensemble import combined
from byoml_xgboost.framework import XGBoost
from byoml_xgboost.model_errors import EnsembleError, NamedModelMissingError

if TYPE_CHECKING:
    from pathlib import Path

_ROWS = np.random.default_rng(1).random((20, 2), dtype="float32")
_BODY = "".join(f"{first!r},{second!r}\n" for first, second in _ROWS.tolist())


def fold(path: Path, seed: int, objective: str = "binary:logistic", width: int = 2) -> Any:
    """Train a model of its own and leave it in a file."""
    features = np.random.default_rng(seed).random((60, width), dtype="float32")
    several = {"num_class": 3} if objective.startswith("multi:") else {}
    labels = np.arange(60) % 3 if several else (features[:, 0] + features[:, 1] / 3 > 0.6)
    model = xgb.train({"objective": objective, "nthread": 1, **several}, xgb.DMatrix(features, labels), 3)
    path.write_bytes(model.save_raw("ubj"))
    return model


def test_the_mean_of_the_folds_is_answered(asked: Any, tmp_path: Path) -> None:
    """In whatever order; files of other names beside them are none of our business."""
    folds = [fold(tmp_path / f"xgboost-model-{number}", number) for number in range(11)]
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "xgboost-model-notes").write_text("x")

    answer = asked(tmp_path).numbers(_BODY)

    assert XGBoost().recognizes(tmp_path)
    np.testing.assert_allclose(answer, np.mean([each.inplace_predict(_ROWS) for each in folds], axis=0), rtol=1e-6)


@pytest.mark.parametrize("objective", ["multi:softmax", "binary:hinge"])
def test_classes_are_voted_on(asked: Any, tmp_path: Path, objective: str) -> None:
    """A mean of class numbers would be a class that no fold has named."""
    folds = [fold(tmp_path / f"xgboost-model-{number}", number, objective) for number in range(3)]
    votes = np.stack([each.inplace_predict(_ROWS) for each in folds]).astype(int)

    assert asked(tmp_path).numbers(_BODY) == [int(np.bincount(column).argmax()) for column in votes.T]


def test_a_mean_of_probabilities_is_a_row_a_row(asked: Any, tmp_path: Path) -> None:
    """`multi:softprob` of folds is as wide as of one."""
    folds = [fold(tmp_path / f"xgboost-model-{number}", number, "multi:softprob") for number in range(2)]
    lines = asked(tmp_path)(_BODY).decode().splitlines()

    told = [[float(cell) for cell in line.split(",")] for line in lines]
    np.testing.assert_allclose(told, np.mean([each.inplace_predict(_ROWS) for each in folds], axis=0), rtol=1e-6)


def test_of_equal_votes_the_smallest_class_wins() -> None:
    """So that the same models always answer the same."""
    votes = [np.array([2.0, 1.0]), np.array([0.0, 1.0])]
    assert combined(votes, by_vote=True).tolist() == [0, 1]


def test_without_ensembles_the_first_fold_answers_alone(asked: Any, tmp_path: Path) -> None:
    """`SAGEMAKER_INFERENCE_ENSEMBLE=false`; the first by number, wherever the file system puts it."""
    folds = [fold(tmp_path / f"xgboost-model-{number}", number) for number in (10, 9)]

    ask = asked(tmp_path, {"SAGEMAKER_INFERENCE_ENSEMBLE": "false"})

    assert ask.numbers(_BODY) == folds[1].inplace_predict(_ROWS).tolist()


def test_the_models_may_be_named(asked: Any, tmp_path: Path) -> None:
    """`BYOML_XGBOOST_MODEL` says which files are the model, whatever they are called; one that is not there is told."""
    folds = [fold(tmp_path / name, seed) for seed, name in enumerate(("a.bin", "b.anything", "c.ubj"))]
    expected = np.mean([each.inplace_predict(_ROWS) for each in folds[:2]], axis=0)

    several = asked(tmp_path, {"BYOML_XGBOOST_MODEL": "a.bin, b.anything"})

    np.testing.assert_allclose(several.numbers(_BODY), expected, rtol=1e-6)
    assert asked(tmp_path, {"BYOML_XGBOOST_MODEL": "a.bin"}).numbers(_BODY) == folds[0].inplace_predict(_ROWS).tolist()
    with pytest.raises(NamedModelMissingError, match=r"names .*/d, which is no file; files there: a\.bin, b\.any"):
        asked(tmp_path, {"BYOML_XGBOOST_MODEL": "d"})


def test_selected_values_are_made_of_the_ensembles_prediction(asked: Any, tmp_path: Path) -> None:
    """The label is that of the mean, not a mean of labels."""
    folds = [fold(tmp_path / f"xgboost-model-{number}", number) for number in range(2)]
    mean = np.mean([each.inplace_predict(_ROWS) for each in folds], axis=0)

    ask = asked(tmp_path, {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label"})

    assert list(map(int, ask(_BODY).split())) == (mean > 0.5).astype(int).tolist()


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"objective": "reg:logistic"}, r"objectives: xgboost-model-0 has binary:logistic.*, xgboost-model-1 has reg:"),
        ({"width": 3}, r"numbers of features: xgboost-model-0 has 2, xgboost-model-1 has 3; leave those of one"),
    ],
)
def test_models_that_do_not_belong_together_are_an_error(
    asked: Any, tmp_path: Path, other: dict[str, Any], says: str
) -> None:
    """A mean of them would mean nothing."""
    fold(tmp_path / "xgboost-model-0", 0)
    fold(tmp_path / "xgboost-model-1", 1, **other)
    with pytest.raises(EnsembleError, match=says):
        asked(tmp_path)
