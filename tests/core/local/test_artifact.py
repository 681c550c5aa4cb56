"""Model artifacts: merged from the hosts, and packed reproducibly."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

import pytest
from byoml.local.artifact import merge, pack
from byoml.local.errors import FilesClashError
from byoml.source.fetch import unpack

if TYPE_CHECKING:
    from pathlib import Path


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _read(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    """Times, the order of writing, and the archive's own name leave no trace."""
    files = {"b/w": "2", "a": "1", "c": ""}
    _write(tmp_path / "one", files)
    _write(tmp_path / "two", dict(reversed(files.items())))
    os.utime(tmp_path / "two/a", (1, 1))
    pack(tmp_path / "one", tmp_path / "one.tar.gz")
    pack(tmp_path / "two", tmp_path / "two.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_an_artifact_says_nothing_of_who_made_it_and_when(tmp_path: Path) -> None:
    """Sorted names, time 0, and root's ids without names."""
    pack(_write(tmp_path / "model", {"b": "1", "a/x": "2"}), tmp_path / "model.tar.gz")
    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == ["a", "a/x", "b"]
    assert {(member.mtime, member.uid, member.gid, member.uname, member.gname) for member in members} == {
        (0, 0, 0, "", "")
    }


def test_an_artifact_unpacks_to_the_model_that_was_packed(tmp_path: Path) -> None:
    """Empty folders, contents, modes and what links lead to come back."""
    model = _write(tmp_path / "model", {"run": "#!/bin/sh", "sub/w": "1"})
    (model / "run").chmod(0o755)
    (model / "empty").mkdir()
    (model / "latest").symlink_to("sub/w")
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "again")
    assert _read(tmp_path / "again") == {"run": "#!/bin/sh", "sub/w": "1", "latest": "1"}
    assert os.access(tmp_path / "again/run", os.X_OK)
    assert (tmp_path / "again/empty").is_dir()


def test_what_the_hosts_wrote_is_merged(tmp_path: Path) -> None:
    """Files of both hosts come together, in shared folders too; a file that both wrote alike counts once."""
    hosts = {
        "h1": _write(tmp_path / "h1", {"config": "same", "part/1": "a"}),
        "h2": _write(tmp_path / "h2", {"config": "same", "part/2": "b"}),
    }
    merge("model", hosts, tmp_path / "model")
    assert _read(tmp_path / "model") == {"config": "same", "part/1": "a", "part/2": "b"}


@pytest.mark.parametrize("other", [{"w": "2"}, {"w/inner": "1"}])
def test_different_files_of_one_name_are_an_error_that_names_them_and_loses_nothing(
    tmp_path: Path, other: dict[str, str]
) -> None:
    """On the platform one of them would silently win; here both are kept, by host."""
    hosts = {"h1": _write(tmp_path / "h1", {"w": "1", "ok": ""}), "h2": _write(tmp_path / "h2", other)}
    with pytest.raises(FilesClashError, match=r"w \(hosts h1, h2\) differ") as caught:
        merge("model", hosts, tmp_path / "model")
    assert "ok" not in str(caught.value).split("differ")[0].split(": ")[1]
    assert _read(tmp_path / "model/h1") == {"w": "1", "ok": ""}
    assert _read(tmp_path / "model/h2") == other


def test_files_that_stay_behind_cannot_clash(tmp_path: Path) -> None:
    """Each host may have its own failure file; which one counts is decided elsewhere."""
    hosts = {host: _write(tmp_path / host, {"failure": host, f"data/{host}": host}) for host in ("h1", "h2")}
    merge("output", hosts, tmp_path / "output", without=frozenset({"failure"}))
    assert _read(tmp_path / "output") == {"data/h1": "h1", "data/h2": "h2"}
