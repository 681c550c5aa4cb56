"""Remembering what has been installed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from byoml.source.marker import Marker, key_of

if TYPE_CHECKING:
    from pathlib import Path


def _write(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_the_key_changes_with_the_text_and_with_the_files_that_it_names(tmp_path: Path) -> None:
    """However deep they are, and however they name each other."""
    _write(tmp_path, "pin==1\n-r ../requirements.txt\n", "more/constraints.txt")
    path = _write(
        tmp_path,
        "# a comment about a/path\nrich[x]>=13  # see a/b\n--index-url https://x/simple\n-c more/constraints.txt\n",
    )
    key = key_of(path, {})
    assert key is not None
    assert key == key_of(path, {"HOME": "/other"})
    _write(tmp_path, "pin==2\n", "more/constraints.txt")
    assert key_of(path, {}) not in {key, None}


def test_the_key_changes_with_the_settings(tmp_path: Path) -> None:
    """Pip's and uv's alike; the key does not show them."""
    path = _write(tmp_path, "rich\n")
    keys = [key_of(path, more) for more in ({}, {"PIP_INDEX_URL": "https://u:hidden@x"}, {"UV_OFFLINE": "1"})]
    assert len(set(keys)) == 3
    assert "hidden" not in str(keys)


@pytest.mark.parametrize(
    "line",
    [
        ".",
        "./lib",
        "-e .",
        "--editable=lib",
        "lib/x.whl",
        "x @ file:///x",
        "git+https://h/x",
        "https://h/x.whl",
        "--index-url https://${TOKEN}@h",
        "-r https://h/r.txt",
        "-r none.txt",
    ],
)
def test_what_may_change_behind_its_name_has_no_key(tmp_path: Path, line: str) -> None:
    """Pip is asked again each time."""
    assert key_of(_write(tmp_path, f"rich\n{line}\n"), {}) is None


def test_a_marker_holds_until_a_package_comes_or_goes(tmp_path: Path) -> None:
    """In the very folder of the packages."""
    (tmp_path / "rich-13.dist-info").mkdir()
    marker = Marker(tmp_path, "k")
    assert not marker.holds()
    marker.set()
    assert marker.holds()
    assert not Marker(tmp_path, "other").holds()
    (tmp_path / "rich-13.dist-info").rename(tmp_path / "rich-14.dist-info")
    assert not marker.holds()


def test_a_folder_that_cannot_be_written_has_no_marker(tmp_path: Path) -> None:
    """Which is no error."""
    marker = Marker(tmp_path / "none", "k")
    with marker.alone():
        marker.set()
    assert not marker.holds()


def test_two_jobs_do_not_install_at_once(tmp_path: Path) -> None:
    """The second waits for the first."""
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(20)
        with Marker(tmp_path, "k").alone():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with Marker(tmp_path, "k").alone():
        inside.set()
        thread.join(0.3)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]
