"""Bringing the submit directory to the code folder."""

from __future__ import annotations

import bz2
import gzip
import io
import logging
import lzma
import tarfile
from typing import TYPE_CHECKING

import pytest
from byoml.errors import SourceError
from byoml.source.fetch import fetch, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A submit directory with a script, a module in a folder, and what Python left there."""
    folder = tmp_path / "source"
    for name in ("train.py", "lib/helper.py", "__pycache__/train.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def _tar(folder: Path, path: Path, kind: str) -> Path:
    """Pack a folder with one of the compressions that Python knows, or with none."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder, arcname=".")
    compress: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    path.write_bytes(compress[kind](packed.getvalue()) if kind else packed.getvalue())
    return path


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_folder_is_copied_without_what_python_left(tmp_path: Path, source: Path, prefix: str) -> None:
    """As a path, and as a file URI."""
    fetch(f"{prefix}{source}", tmp_path / "code")
    assert _files(tmp_path / "code") == ["lib/helper.py", "train.py"]


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_an_archive_is_unpacked_whatever_its_compression(tmp_path: Path, source: Path, kind: str) -> None:
    """The name does not matter."""
    archive = _tar(source, tmp_path / "sourcedir", kind)
    fetch(str(archive), tmp_path / "code")
    assert "lib/helper.py" in _files(tmp_path / "code")


def test_an_explicit_submit_directory_wins_over_what_the_image_left(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its files are laid over the folder's, the others stay, and one line says so."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text("old")
    (code / "model.txt").write_text("kept")
    with caplog.at_level(logging.INFO, "byoml.source"):
        fetch(str(source), code)
    assert (code / "train.py").read_text() == "train.py"
    assert (code / "model.txt").read_text() == "kept"
    assert [record.getMessage() for record in caplog.records] == [
        f"{code} is not empty: the files of {source} are laid over it and win"
    ]


def test_nothing_said_or_the_folder_itself_leaves_it_as_it_is(source: Path) -> None:
    """A bind mount at the code folder is the code."""
    before = _files(source)
    fetch(None, source)
    fetch(str(source), source)
    assert _files(source) == before


@pytest.mark.parametrize("uri", ["/no/such/folder", "file:///no/such/file", "git://host/x"])
def test_what_cannot_be_fetched_is_named(tmp_path: Path, uri: str) -> None:
    """With the reason, and nothing is made."""
    with pytest.raises(SourceError, match=uri):
        fetch(uri, tmp_path / "code")
    assert not (tmp_path / "code").exists()


def test_a_folder_that_cannot_be_copied_is_named(tmp_path: Path, source: Path) -> None:
    """A link to nothing is the commonest reason."""
    (source / "gone").symlink_to("nowhere")
    with pytest.raises(SourceError, match=r"cannot be copied.*gone"):
        fetch(str(source), tmp_path / "code")


def test_a_folder_is_not_copied_into_itself(source: Path) -> None:
    """Else the copy would never end."""
    with pytest.raises(SourceError, match="holds the code folder"):
        fetch(str(source), source / "code")


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    """A script, for one."""
    (tmp_path / "train.py").write_text("print()")
    with pytest.raises(SourceError, match=r"train\.py': cannot be unpacked"):
        unpack(tmp_path / "train.py", tmp_path / "code")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_damaged_archive_is_an_error_of_ours_wherever_it_is_damaged(tmp_path: Path, kind: str) -> None:
    """Cut short or with a byte changed: named, never a traceback of a decompressor."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "data").write_bytes(bytes(range(256)) * 40)
    whole = _tar(folder, tmp_path / "whole", kind).read_bytes()
    damaged = tmp_path / "damaged"
    failed = 0
    for place in range(0, len(whole), max(1, len(whole) // 25)):
        for content in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
            damaged.write_bytes(content)
            try:
                unpack(damaged, tmp_path / "code")
            except SourceError:
                failed += 1
    assert failed > 30


def test_an_empty_archive_makes_an_empty_folder(tmp_path: Path) -> None:
    """Which the entry point's error will tell."""
    (tmp_path / "empty.tar").write_bytes(b"\0" * 1024)
    unpack(tmp_path / "empty.tar", tmp_path / "code")
    assert list((tmp_path / "code").iterdir()) == []


def test_a_file_that_is_no_archive_is_the_code(tmp_path: Path) -> None:
    """It keeps its own name."""
    script = tmp_path / "my train é.py"
    script.write_text("print()")
    fetch(str(script), tmp_path / "code")
    assert _files(tmp_path / "code") == ["my train é.py"]


def test_a_file_named_like_an_archive_must_be_one(tmp_path: Path) -> None:
    """An upload that failed is not taken for code."""
    (tmp_path / "sourcedir.tar.gz").write_text("<html>not found</html>")
    with pytest.raises(SourceError, match=r"sourcedir\.tar\.gz': cannot be unpacked"):
        fetch(str(tmp_path / "sourcedir.tar.gz"), tmp_path / "code")


def test_a_folder_with_nothing_but_the_packed_source_is_that_source(tmp_path: Path, source: Path) -> None:
    """As the channel `code` is, without a network; with anything beside it, it is a file like others."""
    channel = tmp_path / "channel"
    channel.mkdir()
    _tar(source, channel / "sourcedir.tar.gz", "gz")
    fetch(str(channel), tmp_path / "code")
    assert "train.py" in _files(tmp_path / "code")
    (channel / "train.py").write_text("")
    fetch(str(channel), tmp_path / "other")
    assert _files(tmp_path / "other") == ["sourcedir.tar.gz", "train.py"]


def test_a_code_folder_that_cannot_be_written_is_named(tmp_path: Path, source: Path) -> None:
    """Whatever the submit directory is."""
    (tmp_path / "file").write_text("")
    for uri in (source, source / "train.py", _tar(source, tmp_path / "a.tar", "")):
        with pytest.raises(SourceError, match="Not a directory"):
            fetch(str(uri), tmp_path / "file/code")
