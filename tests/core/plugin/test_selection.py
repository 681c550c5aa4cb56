"""Which framework a job or an endpoint gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.plugin import Framework
from byoml.plugin.selection import NoFramework, select
from byoml.plugin_errors import AmbiguousFrameworkError, UnknownFrameworkError

if TYPE_CHECKING:
    from pathlib import Path


class _Alpha(Framework):
    name = "alpha"

    def recognizes(self, model_dir: Path) -> bool:
        return (model_dir / "model.a").exists()


class _Beta(Framework):
    name = "beta"

    def recognizes(self, model_dir: Path) -> bool:
        return any(model_dir.iterdir())


_BOTH: dict[str, Framework] = {"alpha": _Alpha(), "beta": _Beta()}
_ONE: dict[str, Framework] = {"alpha": _Alpha()}


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_the_one_asked_for_is_taken(name: str) -> None:
    """Whatever else is installed."""
    assert select(_BOTH, name).name == name


@pytest.mark.parametrize("installed", [{}, _ONE, _BOTH])
def test_none_can_be_asked_for(installed: dict[str, Framework], tmp_path: Path) -> None:
    """Also where there is only one."""
    assert isinstance(select(installed, "none", tmp_path), NoFramework)


def test_one_that_is_not_installed_is_an_error_with_those_that_are() -> None:
    """And how to get it."""
    with pytest.raises(UnknownFrameworkError, match=r"'torch'.*installed: alpha, beta.*byoml\[torch\]"):
        select(_BOTH, "torch")


@pytest.mark.parametrize("asked", [None, ""])
def test_the_only_one_installed_is_taken(asked: str | None, tmp_path: Path) -> None:
    """For training and for serving, even a model that it does not recognize."""
    assert select(_ONE, asked).name == "alpha"
    assert select(_ONE, asked, tmp_path).name == "alpha"


def test_of_several_the_one_that_recognizes_the_model_serves(tmp_path: Path) -> None:
    """If it is the only one; none means core's own."""
    assert isinstance(select(_BOTH, None, tmp_path), NoFramework)
    (tmp_path / "model.b").touch()
    assert select(_BOTH, None, tmp_path).name == "beta"


def test_several_that_recognize_the_model_are_an_error_with_the_candidates(tmp_path: Path) -> None:
    """BYOML_FRAMEWORK decides."""
    (tmp_path / "model.a").touch()
    with pytest.raises(AmbiguousFrameworkError, match=r"alpha, beta; set BYOML_FRAMEWORK"):
        select(_BOTH, None, tmp_path)


def test_of_several_none_trains_unasked() -> None:
    """There is no model yet that could tell."""
    assert isinstance(select(_BOTH, None), NoFramework)
    assert isinstance(select({}, None), NoFramework)
