"""Whether the user's code has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.local.values import EndpointSpec
from byoml.local.watching import Watch, watched

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with code, and what is no code."""
    for name in ("a.py", "sub/b.py", ".git/c", "__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


@pytest.mark.parametrize("name", ["a.py", "sub/b.py", "new.py"])
def test_a_file_that_is_written_or_made_is_a_change_once(source: Path, name: str) -> None:
    """Told when two looks agree, and not again."""
    watch = Watch(source)
    assert watch.changed() == []
    (source / name).write_text("22")
    assert [watch.changed() for _ in range(3)] == [[], [source / name], []]


def test_a_file_that_goes_is_a_change(source: Path) -> None:
    """As much as one that comes."""
    watch = Watch(source)
    (source / "a.py").unlink()
    assert [watch.changed() for _ in range(3)] == [[], [source / "a.py"], []]


def test_while_an_editor_is_at_it_nothing_is_told(source: Path) -> None:
    """Half a file is none."""
    watch = Watch(source)
    for length in range(2, 6):
        (source / "a.py").write_text("3" * length)
        assert watch.changed() == []
    assert watch.changed() == [source / "a.py"]


def test_what_is_no_code_is_not_looked_at(source: Path) -> None:
    """Nor is a folder that is gone for a moment, as while a branch is checked out."""
    watch = Watch(source)
    (source / ".git/c").write_text("22")
    (source / "__pycache__/a.pyc").write_text("22")
    assert [watch.changed() for _ in range(2)] == [[], []]
    source.rename(source.with_name("away"))
    assert [watch.changed() for _ in range(2)] == [[], []]


def test_the_source_is_watched_else_the_entry_point_else_the_code_in_the_model(source: Path) -> None:
    """What is served is what is watched."""
    model, script = source / "sub", source / "a.py"
    assert watched(EndpointSpec(model, source=source, entry_point="a.py")) == source
    assert watched(EndpointSpec(model, entry_point=str(script))) == script
    assert watched(EndpointSpec(model)) == model / "code"
