"""Which file of a folder is the model, how it is loaded, and what is said of those that cannot be."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import joblib
import pytest
from byoml.errors import ModelFilesError
from byoml.plugin.model_files import AmbiguousModelError
from byoml_sklearn import model_files
from byoml_sklearn.framework import SKLearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["model.joblib", "mine.joblib"])
def test_a_model_is_found_among_other_files(trained: Any, tmp_path: Path, name: str) -> None:
    """Archives, code and notes beside the model are none of our business."""
    for other in ("model.tar.gz", "README.md", "requirements.txt"):
        (tmp_path / other).touch()
    shutil.copy(trained.model_dir / "model.joblib", tmp_path / name)

    assert SKLearn().recognizes(tmp_path)
    assert SKLearn().check_model_dir(tmp_path) == []
    assert model_files.load(tmp_path).n_features_in_ == 30


def test_several_models_are_an_error_unless_one_has_the_name_that_is_expected(trained: Any, tmp_path: Path) -> None:
    """Nothing is chosen by accident."""
    for name in ("a.joblib", "b.joblib"):
        shutil.copy(trained.model_dir / "model.joblib", tmp_path / name)
    with pytest.raises(AmbiguousModelError, match=r"a\.joblib, b\.joblib; leave one"):
        model_files.load(tmp_path)

    shutil.copy(trained.model_dir / "model.joblib", tmp_path)

    assert model_files.load(tmp_path).n_features_in_ == 30


def test_a_folder_without_a_model_is_an_error_that_names_its_files(tmp_path: Path) -> None:
    """The message says what is looked for and what lies there."""
    (tmp_path / "model.pkl").touch()

    assert not SKLearn().recognizes(tmp_path)
    assert "model.joblib" in SKLearn().check_model_dir(tmp_path)[0]
    with pytest.raises(ModelFilesError, match=r"has no model\.joblib or other \*\.joblib; files there: model\.pkl"):
        model_files.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a pickle"])
def test_a_file_that_cannot_be_loaded_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    """The message says which file, why, and what it must be."""
    (tmp_path / "model.joblib").write_bytes(content)

    with pytest.raises(model_files.UnreadableModelError, match=r"model\.joblib cannot be served .*fitted estimator"):
        model_files.load(tmp_path)


def test_what_cannot_predict_is_no_model(tmp_path: Path) -> None:
    """The message says what the file holds."""
    joblib.dump({"weights": [1, 2]}, tmp_path / "model.joblib")

    with pytest.raises(model_files.UnreadableModelError, match="holds a dict, which has no predict"):
        model_files.load(tmp_path)


def test_a_loaded_model_uses_one_job_wherever_it_has_them(tmp_path: Path) -> None:
    """A forest that was trained on all cores answers one row on one, also inside a pipeline."""
    forest = RandomForestClassifier(3, n_jobs=-1)
    pipeline = make_pipeline(StandardScaler(), forest).fit([[0.0], [1.0]] * 5, [0, 1] * 5)
    model_files.save(pipeline, tmp_path)

    loaded = model_files.load(tmp_path)

    assert loaded.get_params()["randomforestclassifier__n_jobs"] == 1
    assert loaded.predict([[1.0]]).tolist() == pipeline.predict([[1.0]]).tolist()


def test_saving_leaves_one_whole_file(trained: Any) -> None:
    """There is no half-written file beside it."""
    assert [path.name for path in trained.model_dir.iterdir()] == ["model.joblib"]
