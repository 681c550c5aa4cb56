"""Whose the results of a local run are."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from blackbox import console_script
from byoml.local.ownership import Owner, hand_back, make_folder

if TYPE_CHECKING:
    from pathlib import Path

_needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
_SOMEBODY = Owner(12345, 23456)


def _owners(folder: Path) -> set[Owner]:
    found = [path.lstat() for path in (folder, *folder.rglob("*"))]
    return {Owner(each.st_uid, each.st_gid) for each in found}


def test_a_folder_is_made_for_us_where_the_parent_is_ours(tmp_path: Path) -> None:
    """And giving it to ourselves changes nothing."""
    owner = make_folder(tmp_path / "a/b")
    assert owner.uid == os.getuid()
    hand_back(tmp_path / "a", owner)
    assert {each.uid for each in _owners(tmp_path)} == {os.getuid()}


@_needs_root
def test_a_folder_is_made_for_the_owner_of_the_parent_that_was_there(tmp_path: Path) -> None:
    """All the way down to it."""
    os.chown(tmp_path, *_SOMEBODY)
    assert make_folder(tmp_path / "a/b") == _SOMEBODY
    assert _owners(tmp_path) == {_SOMEBODY}
    assert make_folder(tmp_path / "a/b") == _SOMEBODY


@_needs_root
def test_links_are_handed_back_and_not_what_they_lead_to(tmp_path: Path) -> None:
    """A program may link to anything."""
    (tmp_path / "kept").write_text("")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/link").symlink_to(tmp_path / "kept")
    (tmp_path / "out/folder").symlink_to(tmp_path)
    hand_back(tmp_path / "out", _SOMEBODY)
    assert _owners(tmp_path / "out") == {_SOMEBODY}
    assert (tmp_path / "kept").stat().st_uid == 0
    assert tmp_path.stat().st_uid == 0


@_needs_root
@pytest.mark.parametrize("code", [0, 3])
def test_a_job_that_root_runs_in_anothers_folder_leaves_the_others_files(tmp_path: Path, code: int) -> None:
    """Whether it ends well or not: model, output, logs and the folder itself."""
    (tmp_path / "src").mkdir()
    script = f"import os\nos.mkdir(os.environ['SM_MODEL_DIR'] + '/sub')\nraise SystemExit({code})\n"
    (tmp_path / "src/train.py").write_text(script)
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", *_SOMEBODY)
    options = ["--framework", "none", "--source", str(tmp_path / "src"), "--output", str(tmp_path / "home/runs/out")]
    variables = {"PATH": os.defpath, "HOME": str(tmp_path)}
    done = subprocess.run(
        [console_script("byoml"), "local", "train", *options], env=variables, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert (tmp_path / "home/runs/out/model/sub").is_dir()
    assert _owners(tmp_path / "home") == {_SOMEBODY}
