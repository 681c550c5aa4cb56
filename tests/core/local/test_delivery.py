"""What a job wrote reaches the user's folder, and nothing there is lost but what it replaces."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from byoml.errors import SettingError
from byoml.local.delivery import deliver

if TYPE_CHECKING:
    from pathlib import Path


def _write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _read(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_files_of_the_same_name_are_replaced_and_all_others_stay(tmp_path: Path) -> None:
    """As an upload under the same prefix does; no part file is left."""
    target = _write(tmp_path / "out", a="old", mine="mine", sub__b="old")
    deliver("x", _write(tmp_path / "new", a="new", sub__c="new"), target)
    assert _read(target) == {"a": "new", "mine": "mine", "sub/b": "old", "sub/c": "new"}


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    """With its parents; empty folders come along."""
    new = _write(tmp_path / "new", a="1")
    (new / "empty").mkdir()
    deliver("x", new, tmp_path / "deep/out")
    assert _read(tmp_path / "deep/out") == {"a": "1"}
    assert (tmp_path / "deep/out/empty").is_dir()


@pytest.mark.parametrize(("ours", "theirs"), [("a", "a__b"), ("a__b", "a")])
def test_a_file_in_a_folders_place_is_an_error_that_deletes_nothing(tmp_path: Path, ours: str, theirs: str) -> None:
    """The error names the output and its folder."""
    target = _write(tmp_path / "out", **{theirs: "mine"})
    with pytest.raises(SettingError, match=r"output 'x' is .*/out"):
        deliver("x", _write(tmp_path / "new", **{ours: "new"}), target)
    assert _read(target) == {theirs.replace("__", "/"): "mine"}


def test_links_are_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The platform does not follow them either; a link to the outside must not take its file along."""
    new = _write(tmp_path / "new", a="1")
    (new / "link").symlink_to(_write(tmp_path / "else", other="s") / "other")
    logger = logging.getLogger("byoml")
    propagates, logger.propagate = logger.propagate, True
    try:
        deliver("x", new, tmp_path / "out")
    finally:
        logger.propagate = propagates
    assert _read(tmp_path / "out") == {"a": "1"}
    assert "link is neither file nor folder" in caplog.text
