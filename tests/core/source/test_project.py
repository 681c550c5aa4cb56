"""What a code folder says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.errors import UnreadableProjectError
from byoml.source.project import dependencies, is_package

if TYPE_CHECKING:
    from pathlib import Path

_BUILDS = '[build-system]\nrequires = ["setuptools"]\n'


def _project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "package"),
    [
        (_BUILDS, True),
        ('[project]\nname = "x"\n\n  [ build-system ]\n', True),
        ('[project]\nname = "x"\n', False),
        ("[tool.ruff]\n", False),
        ("# [build-system]\n", False),
        ("", False),
    ],
)
def test_a_project_is_a_package_where_it_says_how_it_is_built(tmp_path: Path, text: str, *, package: bool) -> None:
    """Settings of tools, and a bare list of needs, make no package."""
    assert is_package(_project(tmp_path, text)) is package


def test_a_setup_file_makes_a_package(tmp_path: Path) -> None:
    """As ever; an empty folder is none."""
    assert not is_package(tmp_path)
    (tmp_path / "setup.py").write_text("")
    assert is_package(tmp_path)


def test_a_project_that_is_no_package_lists_what_it_needs(tmp_path: Path) -> None:
    """Such as one of scripts that uv keeps."""
    needs = '[project]\nname = "x"\ndependencies = ["rich>=13", "six ; python_version < \'4\'"]\n'
    assert dependencies(_project(tmp_path, needs)) == ["rich>=13", "six ; python_version < '4'"]
    assert dependencies(_project(tmp_path, needs + _BUILDS)) == []
    assert dependencies(_project(tmp_path, '[project]\nname = "x"\n')) == []
    assert dependencies(_project(tmp_path, "[tool.x]\n")) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[project]\nname =\n", "line 2"),
        ('[project]\ndependencies = "rich"\n', "must be a list of texts"),
        ("[project]\ndependencies = [1]\n", "must be a list of texts"),
    ],
)
def test_a_project_that_cannot_be_read_is_named(tmp_path: Path, text: str, reason: str) -> None:
    """With the line."""
    with pytest.raises(UnreadableProjectError, match=reason) as caught:
        dependencies(_project(tmp_path, text))
    assert str(tmp_path / "pyproject.toml") in str(caught.value)
