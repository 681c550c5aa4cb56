"""Which file of a folder is the model, and what is said of those that cannot be loaded."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from byoml.errors import ModelFilesError
from byoml.plugin.model_files import AmbiguousModelError
from byoml_xgboost import model_files
from byoml_xgboost.framework import XGBoost
from byoml_xgboost.model_errors import UnreadableModelError
from byoml_xgboost.reading import read_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["xgboost-model", "xgboost-model.ubj", "xgboost-model.json", "mine.ubj"])
def test_a_model_is_found_among_other_files(model_dir: Path, tmp_path: Path, name: str) -> None:
    """Archives, code and notes beside the model are none of our business; JSON and UBJ are told by content."""
    for other in ("model.tar.gz", "README.md", "config.json", "requirements.txt"):
        (tmp_path / other).write_text("{}")
    (tmp_path / "code").mkdir()
    model = read_model(model_dir / "xgboost-model")
    (tmp_path / name).write_bytes(model.save_raw("json" if name.endswith("json") else "ubj"))

    assert XGBoost().recognizes(tmp_path)
    assert model_files.load(tmp_path).num_features() == 30


def test_the_name_that_is_expected_wins(model_dir: Path, tmp_path: Path) -> None:
    """With `xgboost-model` there, no other file is asked."""
    shutil.copy(model_dir / "xgboost-model", tmp_path)
    (tmp_path / "other.ubj").write_bytes(b"")

    assert model_files.load(tmp_path).num_features() == 30


def test_several_models_are_an_error_that_names_them(tmp_path: Path) -> None:
    """Nothing is chosen by accident."""
    for name in ("a.ubj", "b.ubj"):
        (tmp_path / name).touch()

    with pytest.raises(AmbiguousModelError, match=r"several models: a\.ubj, b\.ubj; leave one"):
        model_files.load(tmp_path)


def test_a_folder_without_a_model_is_an_error_that_names_its_files(tmp_path: Path) -> None:
    """The message says what is looked for and what lies there."""
    (tmp_path / "weights.h5").touch()

    assert not XGBoost().recognizes(tmp_path)
    assert "xgboost-model" in XGBoost().check_model_dir(tmp_path)[0]
    with pytest.raises(ModelFilesError, match=r"has no xgboost-model or \*\.ubj; files there: weights\.h5"):
        model_files.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"neither", b"{", b"{}", b'{"a": 1}', b"{L\0\0\0\0\0\0\0\x07learner"])
def test_a_file_that_is_no_model_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    """The process survives, and the message is one line with the file, XGBoost's release and what would be right."""
    (tmp_path / "xgboost-model").write_bytes(content)

    with pytest.raises(UnreadableModelError, match="xgboost-model cannot be read by XGBoost 3") as caught:
        model_files.load(tmp_path)

    assert "\n" not in str(caught.value)
    assert "save_model" in str(caught.value)


def test_half_a_model_is_an_error(model_dir: Path, tmp_path: Path) -> None:
    """A file that was cut off is told as such, not served."""
    whole = (model_dir / "xgboost-model").read_bytes()
    (tmp_path / "xgboost-model").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(UnreadableModelError):
        model_files.load(tmp_path)
