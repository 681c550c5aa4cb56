"""Whether a tree is mounted, and what is said where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.errors import SettingError
from byoml.local.place import Place, choose, lines_that_spell


def test_the_lines_that_spell_the_path_are_found(tmp_path: Path) -> None:
    """In programs and settings, by file and line; data, prose and bytes that are no text are passed over."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "train.py").write_text("import os\nopen('/opt/ml/model/x', 'w')\n")
    (tmp_path / "sub/run.sh").write_bytes(b"\xff\xfe\nls /opt/ml/input\n")
    (tmp_path / "README.md").write_text("/opt/ml\n")
    assert [(path.as_posix(), line) for path, line in lines_that_spell(tmp_path)] == [
        ("sub/run.sh", 2),
        ("train.py", 2),
    ]


def test_a_switch_does_without_the_mount() -> None:
    """For systems where it is allowed and yet does not work."""
    assert choose({"BYOML_LOCAL_MOUNT": "never"}) is False


def test_the_switch_has_two_values() -> None:
    """The error names the variable, what it is, and what it may be."""
    with pytest.raises(SettingError, match="BYOML_LOCAL_MOUNT is 'no'; it must be auto or never"):
        choose({"BYOML_LOCAL_MOUNT": "no"})


def test_data_that_really_lies_under_opt_ml_is_never_hidden() -> None:
    """A channel is a link into it, which would lead nowhere under the mount."""
    assert choose({}, [Path("/opt/ml/input/data/train")]) is False


def test_without_a_mount_the_program_is_run_as_it_is(tmp_path: Path) -> None:
    """And finds the tree where it lies."""
    place = Place(tmp_path, mounted=False)
    assert (place.base, place.command(["train"])) == (tmp_path, ("train",))
