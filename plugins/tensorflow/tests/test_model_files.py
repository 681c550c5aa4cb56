"""Which files of a folder are models, and what is said of those that cannot be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.errors import ModelFilesError, SettingError
from byoml.plugin.model_files import AmbiguousModelError
from byoml_tensorflow import model_files, models
from byoml_tensorflow.errors import UnreadableModelError
from byoml_tensorflow.framework import TensorFlow

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path) -> list[tuple[str, int]]:
    return [(place.name, place.version) for place in model_files.places(folder)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["saved_model.pb"], [("model", 1)]),
        (["1/saved_model.pb", "12/saved_model.pb", "2/saved_model.pb"], [("model", 1), ("model", 2), ("model", 12)]),
        (["half/7/saved_model.pb", "a/1/saved_model.pb"], [("a", 1), ("half", 7)]),
        (["export/Servo/1700000000/saved_model.pb"], [("Servo", 1700000000)]),
        (["1/saved_model.pb", "model.keras", "other.keras"], [("model", 1)]),
        (["model.keras", "best.keras"], [("model", 1)]),
        (["best.h5"], [("model", 1)]),
        (["checkpoints/last/saved_model.pb", "code/1.py", "model.tar.gz"], []),
    ],
)
def test_models_are_found_among_other_files(tmp_path: Path, names: list[str], expected: list[tuple[str, int]]) -> None:
    """SavedModels by name and version, else a file of Keras; archives and code beside them are none of our business."""
    put(tmp_path, *names, "notes.txt")

    assert found(tmp_path) == expected
    assert TensorFlow().recognizes(tmp_path) is bool(expected)
    assert (TensorFlow().check_model_dir(tmp_path) == []) is bool(expected)


def test_several_files_of_keras_are_an_error_that_names_them(tmp_path: Path) -> None:
    """Nothing is chosen by accident."""
    put(tmp_path, "a.keras", "b.h5")

    with pytest.raises(AmbiguousModelError, match=r"a\.keras, b\.h5; leave one, or name it model\.keras"):
        models.load(tmp_path)


def test_a_folder_without_a_model_is_an_error_that_says_what_is_looked_for(tmp_path: Path) -> None:
    """And what lies there."""
    put(tmp_path, "model.pkl")

    with pytest.raises(ModelFilesError, match=r"no 1/saved_model\.pb, model\.keras .*files there: model\.pkl"):
        models.load(tmp_path)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["1/saved_model.pb", "model.keras"])
def test_what_cannot_be_loaded_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    """With what it must be."""
    put(tmp_path, name)
    (tmp_path / name).write_bytes(b"text")

    with pytest.raises(UnreadableModelError, match=r"cannot be served .*it must be a SavedModel with a signature"):
        models.load(tmp_path)


def test_version_0_is_a_version(tmp_path: Path) -> None:
    """It is asked for as any other, and is not taken for no version at all, which is the highest."""
    put(tmp_path, "0/saved_model.pb", "1/saved_model.pb")
    places = model_files.places(tmp_path)
    by_place = {(place.name, place.version): {"half": models.Signature({}, dict, place)} for place in places}

    asked = [models.Models(by_place).signature(version=version).keeps.version for version in (None, 0, 1)]

    assert asked == [1, 0, 1]


def test_a_default_that_is_not_there_is_a_setting_that_is_wrong(tmp_path: Path) -> None:
    """Told with the names that there are, before anything is loaded."""
    put(tmp_path, "a/1/saved_model.pb", "b/1/saved_model.pb")

    with pytest.raises(SettingError, match="SAGEMAKER_TFS_DEFAULT_MODEL_NAME is 'c'; it must be one of a, b"):
        models.load(tmp_path, "c")
