"""The folder of `--output`: an earlier result is replaced, and nothing of the user's is ever deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.errors import SettingError
from byoml.local.results import ResultFolder

if TYPE_CHECKING:
    from pathlib import Path

_RESULT = ("model/w", "model.tar.gz", "output/data/x", "logs/127.0.0.1.log", "logs/127.0.0.2.log")


def _write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    """With its parents."""
    ResultFolder(tmp_path / "a/b").clear()
    assert (tmp_path / "a/b").is_dir()


@pytest.mark.parametrize("host", ["127.0.0.1", "algo-12"], ids=["process", "container"])
def test_an_earlier_result_is_replaced(host: str, tmp_path: Path) -> None:
    """Also one of a job that was killed, whose trees are still there; whatever ran it."""
    _write(tmp_path, "model/w", "model.tar.gz", "output/data/x", f"logs/{host}.log", f".job/{host}/model/part")
    ResultFolder(tmp_path).clear()
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_result_links_to_is_kept(tmp_path: Path) -> None:
    """The trees link to the user's channels."""
    _write(tmp_path, "data/a.csv")
    _write(tmp_path / "out", *_RESULT, ".job/127.0.0.1/input/data/x")
    (tmp_path / "out/.job/127.0.0.1/input/data/train").symlink_to(tmp_path / "data")
    ResultFolder(tmp_path / "out").clear()
    assert (tmp_path / "data/a.csv").exists()


@pytest.mark.parametrize(
    "names",
    [
        (*_RESULT, "notes.txt"),
        ("model/w",),
        ("model/w", "output/x"),
        ("logs/app.log", "model/w"),
        ("logs/127.0.0.1.log", "logs/mine.log"),
        ("logs/my-algo-1.log", "model/w"),
    ],
)
def test_a_folder_with_anything_else_is_refused_and_left_as_it_is(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Names alone that look like ours are not enough: only a local job names its logs so."""
    _write(tmp_path, *names)
    with pytest.raises(SettingError, match="--output"):
        ResultFolder(tmp_path).clear()
    assert all((tmp_path / name).exists() for name in names)


def test_a_file_is_refused(tmp_path: Path) -> None:
    """It is the user's."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(SettingError):
        ResultFolder(tmp_path / "out").clear()
    assert (tmp_path / "out").read_text() == "mine"


def test_a_link_in_place_of_a_result_is_refused(tmp_path: Path) -> None:
    """Whoever put it there made the folder its own."""
    _write(tmp_path, *_RESULT)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/logs").symlink_to(tmp_path / "logs")
    with pytest.raises(SettingError):
        ResultFolder(tmp_path / "out").clear()
