"""Which file of a folder is the model, how each format is loaded, and what is said of those that cannot be."""

from __future__ import annotations

import logging
import pickle
import shutil
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pytest
import skops.io
from byoml.errors import ConfigurationError, ModelFilesError
from byoml.plugin.model_files import AmbiguousModelError
from byoml_sklearn import model_files
from byoml_sklearn.errors import ForeignModelError, PickleRefusedError, UnreadableModelError, UntrustedModelError
from byoml_sklearn.framework import SKLearn
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ALLOW = {"BYOML_ALLOW_PICKLE": "1"}
_X, _Y = [[0.0], [1.0]] * 5, [0, 1] * 5


class Mine(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A user's own estimator."""

    def __init__(self, answer: int = 0) -> None:
        self.answer = answer

    def predict(self, rows: Any) -> list[int]:
        return [self.answer] * len(rows)


@pytest.mark.parametrize("name", ["model.joblib", "mine.joblib"])
def test_a_model_is_found_among_other_files(trained: Any, tmp_path: Path, name: str) -> None:
    """Archives, code, notes and preprocessors beside the model are none of our business."""
    for other in ("model.tar.gz", "README.md", "requirements.txt", "model.pkl", "classes.pkl"):
        (tmp_path / other).touch()
    shutil.copy(trained.model_dir / "model.joblib", tmp_path / name)

    assert SKLearn().recognizes(tmp_path)
    assert SKLearn().check_model_dir(tmp_path) == []
    assert model_files.load(tmp_path).n_features_in_ == 30


def test_several_models_are_an_error_unless_one_has_the_name_that_is_expected(trained: Any, tmp_path: Path) -> None:
    """Nothing is chosen by accident."""
    for name in ("a.joblib", "b.skops"):
        shutil.copy(trained.model_dir / "model.joblib", tmp_path / name)
    with pytest.raises(AmbiguousModelError, match=r"a\.joblib, b\.skops; leave one"):
        model_files.load(tmp_path)

    shutil.copy(trained.model_dir / "model.joblib", tmp_path)

    assert model_files.load(tmp_path).n_features_in_ == 30


def test_a_folder_without_a_model_is_an_error_that_names_its_files(tmp_path: Path) -> None:
    """The message says what is looked for and what lies there."""
    (tmp_path / "weights.pkl").touch()

    assert not SKLearn().recognizes(tmp_path)
    assert "model.joblib" in SKLearn().check_model_dir(tmp_path)[0]
    with pytest.raises(ModelFilesError, match=r"has no model\.joblib or other .*; files there: weights\.pkl"):
        model_files.load(tmp_path)


@pytest.mark.parametrize("name", ["model.joblib", "model.skops"])
@pytest.mark.parametrize("content", [b"", b"not a pickle", b"PK\x03\x04cut off"])
def test_a_file_that_cannot_be_loaded_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    """The message says which file, why, and what it must be."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadableModelError, match=rf"{name} cannot be served .*fitted estimator"):
        model_files.load(tmp_path)


def _booster(folder: Path) -> None:
    xgboost = pytest.importorskip("xgboost", reason="a model of another framework is made by XGBoost")
    rows = xgboost.DMatrix(np.array(_X), np.array(_Y))
    joblib.dump(xgboost.train({"nthread": 1}, rows, 1), folder / "model.joblib")


@pytest.mark.parametrize(
    ("save", "error", "says"),
    [
        (
            lambda folder: joblib.dump({"weights": [1]}, folder / "model.joblib"),
            UnreadableModelError,
            "holds a dict, which has no predict",
        ),
        (
            lambda folder: joblib.dump(DecisionTreeClassifier(), folder / "model.joblib"),
            ConfigurationError,
            "holds a DecisionTreeClassifier that is not fitted; save it after fit",
        ),
        (_booster, ForeignModelError, r"holds a xgboost\.core\.Booster.*BYOML_FRAMEWORK=xgboost"),
    ],
    ids=["no-predict", "not-fitted", "another-framework"],
)
def test_what_cannot_predict_is_no_model(
    tmp_path: Path, save: Callable[[Path], None], error: type[Exception], says: str
) -> None:
    """The message says what the file holds, and what to do about it."""
    save(tmp_path)

    with pytest.raises(error, match=says):
        model_files.load(tmp_path)


def test_a_model_whose_library_is_missing_is_an_error_that_names_it(tmp_path: Path) -> None:
    """A pickle finds its classes by name, so their module must be there."""
    body = b"cno_such_library\nModel\n)R."
    (tmp_path / "model.joblib").write_bytes(body)

    with pytest.raises(UnreadableModelError, match=r"No module named 'no_such_library'.*all its libraries installed"):
        model_files.load(tmp_path)


def test_a_loaded_model_uses_one_job_wherever_it_has_them(tmp_path: Path) -> None:
    """A forest that was trained on all cores answers one row on one, also inside a pipeline."""
    forest = RandomForestClassifier(3, n_jobs=-1)
    pipeline = make_pipeline(StandardScaler(), forest).fit(_X, _Y)
    model_files.save(pipeline, tmp_path)

    loaded = model_files.load(tmp_path)

    assert loaded.get_params()["randomforestclassifier__n_jobs"] == 1
    assert loaded.predict([[1.0]]).tolist() == pipeline.predict([[1.0]]).tolist()


@pytest.mark.parametrize("name", ["model.pkl", "model.pickle"])
def test_a_pickle_is_read_by_choice_alone_with_a_warning_that_says_why(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Loading one runs whatever code is in it (contract/inference 7-41)."""
    (tmp_path / name).write_bytes(pickle.dumps(DecisionTreeClassifier().fit(_X, _Y)))
    with pytest.raises(PickleRefusedError, match=r"runs whatever code .* set BYOML_ALLOW_PICKLE=1; better, save"):
        model_files.load(tmp_path)

    with caplog.at_level(logging.WARNING, "byoml.sklearn"):
        model = model_files.load(tmp_path, _ALLOW)

    assert model.predict([[1.0]]).tolist() == [1]
    assert "whoever wrote it can run any code here" in caplog.text


@pytest.mark.parametrize("model", [DecisionTreeClassifier(), HistGradientBoostingClassifier(max_iter=2)])
def test_a_skops_file_of_scikit_learns_own_types_is_read(tmp_path: Path, model: Any) -> None:
    """Their inner types are trusted, though skops itself asks about them."""
    skops.io.dump(model.fit(_X, _Y), tmp_path / "model.skops")

    assert model_files.load(tmp_path).predict([[1.0]]).tolist() == model.predict([[1.0]]).tolist()


def test_other_types_of_a_skops_file_are_trusted_by_name(tmp_path: Path) -> None:
    """The error names the types and the variable that trusts them."""
    skops.io.dump(Mine(7), tmp_path / "model.skops")
    name = f"{Mine.__module__}.Mine"
    with pytest.raises(UntrustedModelError, match=rf"not trusted: .*Mine.* set BYOML_SKOPS_TRUSTED={name}"):
        model_files.load(tmp_path)

    model = model_files.load(tmp_path, {"BYOML_SKOPS_TRUSTED": f"other.Type, {name}"})

    assert model.predict([[1.0]]) == [7]


def test_a_model_of_another_version_is_told_with_both(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line for the whole model, of what its estimators and its card say."""
    forest = RandomForestClassifier(3).fit(_X, _Y)
    body = pickle.dumps(forest)
    here = __import__("sklearn").__version__
    old = "0" * len(here)
    (tmp_path / "model.joblib").write_bytes(body.replace(here.encode(), old.encode()))
    (tmp_path / "model-card.json").write_text(
        '{"additional_information": {"custom_details": {"version_python": "2.7.18", "features": "[]"}}}'
    )

    with caplog.at_level(logging.WARNING, "byoml.sklearn"):
        model_files.load(tmp_path)

    (told,) = [record.getMessage() for record in caplog.records]
    assert f"scikit-learn {old} (here {here})" in told
    assert "python 2.7.18 (here 3." in told


def test_a_model_of_this_version_is_loaded_without_a_word(trained: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Its card says the versions that are here."""
    with caplog.at_level(logging.WARNING, "byoml.sklearn"):
        model_files.load(trained.model_dir)

    assert not caplog.records
