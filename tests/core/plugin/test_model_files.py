"""The one model file of a folder, found and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.errors import ModelFilesError
from byoml.plugin.model_files import AmbiguousModelError, only, written_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_the_only_candidate_is_the_model(tmp_path: Path) -> None:
    """One file that may be the model is the model."""
    assert only(tmp_path, [tmp_path / "a.bin"], "model.bin", "*.bin") == tmp_path / "a.bin"


def test_a_folder_without_a_model_names_what_was_wanted_and_what_is_there(tmp_path: Path) -> None:
    """The error tells both, so that a wrong name is seen at once."""
    (tmp_path / "model.bni").touch()
    with pytest.raises(ModelFilesError, match=r"model\.bin or \*\.bin.*model\.bni"):
        only(tmp_path, [], "model.bin", "*.bin")


def test_several_candidates_are_an_error_that_names_them(tmp_path: Path) -> None:
    """None is taken by chance."""
    with pytest.raises(AmbiguousModelError, match=r"several models: a\.bin, b\.bin; leave one, or name it model\.bin"):
        only(tmp_path, [tmp_path / "a.bin", tmp_path / "b.bin"], "model.bin", "*.bin")


def test_a_file_whose_writing_fails_leaves_the_old_one(tmp_path: Path) -> None:
    """Half a file never stands where a whole one was."""
    path = tmp_path / "model.bin"
    path.write_bytes(b"old")

    def fail() -> None:
        with written_whole(path) as part:
            part.write_bytes(b"ne")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_bytes() == b"old"


def test_a_file_is_there_whole_in_a_folder_that_was_not(tmp_path: Path) -> None:
    """The folder is made, and nothing but the file is left in it."""
    path = tmp_path / "new" / "model.bin"
    with written_whole(path) as part:
        part.write_bytes(b"all of it")
        assert not path.exists()
    assert [file.name for file in path.parent.iterdir()] == ["model.bin"]
    assert path.read_bytes() == b"all of it"
