"""Which files of a channel are data, and what kind of data they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.environment.channels import Channel
from byoml.plugin.channel_files import ChannelDataError, files_of, kind_of

if TYPE_CHECKING:
    from pathlib import Path


def test_files_in_folders_count_and_hidden_and_underscored_ones_do_not(tmp_path: Path) -> None:
    """What schedulers and editors leave behind is no data, wherever it lies."""
    for name in ("b.csv", "part/a.csv", ".hidden", "_SUCCESS", "_temporary/c.csv", ".git/d.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    found = files_of(Channel("train", tmp_path))

    assert [str(path.relative_to(tmp_path)) for path in found] == ["b.csv", "part/a.csv"]


def test_a_channel_that_is_one_file_is_that_file(tmp_path: Path) -> None:
    """A path to a file, whatever its name, is taken as it is."""
    path = tmp_path / "_data"
    path.touch()

    assert files_of(Channel("train", path)) == [path]


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_channel_without_a_file_is_an_error_that_names_it(tmp_path: Path, folder: str) -> None:
    """The message names the channel and its folder."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(ChannelDataError, match=rf"{folder}: channel 'train' has no data file"):
        files_of(Channel("train", tmp_path / folder))


def test_a_pipe_is_refused_naming_the_modes_that_work(tmp_path: Path) -> None:
    """Pipe mode has no files, and the message says which modes have."""
    with pytest.raises(ChannelDataError, match=r"Pipe mode.*File and FastFile"):
        files_of(Channel("train", tmp_path, mode="Pipe"))


@pytest.mark.parametrize(
    ("content_type", "name", "content", "kind"),
    [
        ("text/csv", "x.libsvm", b"", "csv"),
        ("Text/CSV; label_size=1", "x", b"", "csv"),
        ("csv", "x", b"", "csv"),
        ("libsvm", "x.csv", b"", "libsvm"),
        ("image/png", "x.csv", b"", "image/png"),
        (None, "x.CSV", b"1 0:2", "csv"),
        (None, "x.libsvm", b"1,2", "libsvm"),
        (None, "x.parquet", b"", "parquet"),
        (None, "x", b"1 0:0.5 3:2\n", "libsvm"),
        (None, "x", b"1,12:30\n", "csv"),
        (None, "x", b"1,2\n", "csv"),
        (None, "x", b"PAR1\0\0", "parquet"),
        (None, "x", b"\x0a\x23\xd7\xce\0\0", "recordio-protobuf"),
        (None, "x.pb", b"", "recordio-protobuf"),
        (None, "x", b"\x7fELF\0\0", "binary data"),
    ],
)
def test_the_kind_is_the_content_type_else_the_suffix_else_what_the_first_line_shows(
    tmp_path: Path, content_type: str | None, name: str, content: bytes, kind: str
) -> None:
    """What the job says wins over the name, and the name over the content."""
    path = tmp_path / name
    path.write_bytes(content)

    assert kind_of(Channel("train", tmp_path, content_type=content_type), path) == kind
