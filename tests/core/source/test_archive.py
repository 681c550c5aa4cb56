"""Unpacking archives: zip like tar, nothing leaves the folder, nothing fills the disk."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from byoml.errors import SourceError
from byoml.source.archive import looks_like_archive, unpack
from byoml.source.fetch import fetch

if TYPE_CHECKING:
    from pathlib import Path


def _zip(path: Path, *members: tuple[str, str, int], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack members, each a name, a content and a mode with its kind of file."""
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content, mode in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16 or 0x20  # the bit that systems without modes set
            member.compress_type = method
            packed.writestr(member, content)
    return path


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


_FILE = stat.S_IFREG | 0o644


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_file_is_unpacked_with_its_modes(tmp_path: Path, method: int) -> None:
    """A program stays one; special bits and writing for all do not come through."""
    members = [("lib/", "", stat.S_IFDIR | 0o755), ("lib/é x.py", "1", _FILE), ("run", "2", stat.S_IFREG | 0o6777)]
    fetch(str(_zip(tmp_path / "source", *members, method=method)), tmp_path / "code")
    assert _files(tmp_path / "code") == ["lib/é x.py", "run"]
    assert stat.S_IMODE((tmp_path / "code/run").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "code/lib/é x.py").stat().st_mode) == 0o644


def test_a_zip_file_without_modes_is_unpacked_too(tmp_path: Path) -> None:
    """As systems without them make it."""
    unpack(_zip(tmp_path / "a.zip", ("train.py", "1", 0)), tmp_path / "code")
    assert stat.S_IMODE((tmp_path / "code/train.py").stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("../escaped.py", _FILE, "outside of the folder"),
        ("lib/../../escaped.py", _FILE, "outside of the folder"),
        ("/tmp/escaped.py", _FILE, "outside of the folder"),  # noqa: S108  never written to
        ("link", stat.S_IFLNK | 0o777, "is a link"),
        ("fifo", stat.S_IFIFO | 0o644, "is a link, a device or a fifo"),
    ],
)
def test_a_member_of_a_zip_file_that_is_not_safe_is_refused(tmp_path: Path, name: str, mode: int, reason: str) -> None:
    """And nothing is written outside."""
    with pytest.raises(SourceError, match=reason):
        unpack(_zip(tmp_path / "a.zip", ("train.py", "1", _FILE), (name, "/etc", mode)), tmp_path / "in/code")
    assert _files(tmp_path) == ["a.zip", "in/code/train.py"]


def test_a_zip_file_does_not_write_through_a_link_of_the_image(tmp_path: Path) -> None:
    """A folder behind a link is refused; a link in a file's place is replaced."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    code = tmp_path / "code"
    code.mkdir()
    (code / "lib").symlink_to(outside)
    (code / "train.py").symlink_to(outside / "kept")
    with pytest.raises(SourceError, match="behind a link"):
        unpack(_zip(tmp_path / "a.zip", ("lib/x.py", "1", _FILE)), code)
    unpack(_zip(tmp_path / "b.zip", ("train.py", "new", _FILE)), code)
    assert (code / "train.py").read_text() == "new"
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"kept": "kept"}


def test_an_encrypted_zip_file_is_named(tmp_path: Path) -> None:
    """Nobody could give a password."""
    path = _zip(tmp_path / "a.zip", ("train.py", "1", _FILE))
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flags of the member's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and of its entry in the directory
    path.write_bytes(data)
    with pytest.raises(SourceError, match="is encrypted"):
        unpack(path, tmp_path / "code")


def test_a_damaged_zip_file_is_an_error_of_ours_wherever_it_is_damaged(tmp_path: Path) -> None:
    """Cut short or with a byte changed: named, never a traceback of zipfile or a decompressor."""
    whole = _zip(tmp_path / "a.zip", ("train.py", "x = 1\n" * 50, _FILE)).read_bytes()
    damaged = tmp_path / "damaged.zip"
    failed = 0
    for place in range(len(whole)):
        for content in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
            damaged.write_bytes(content)
            try:
                unpack(damaged, tmp_path / "code")
            except SourceError:
                failed += 1
    assert failed > len(whole)


def _bomb(path: Path, kind: str, size: int) -> Path:
    """An archive that holds `size` zeros in little room, and says so."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("zeros", bytes(size))
        return path
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("zeros")
        member.size = size
        tar.addfile(member, io.BytesIO(bytes(size)))
    return path


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_holds_more_than_the_limit_is_refused_before_it_is_written(tmp_path: Path, kind: str) -> None:
    """By what its members say of themselves, which is checked as they are read."""
    bomb = _bomb(tmp_path / "bomb", kind, 2**20)
    with pytest.raises(SourceError, match=r"holds more than 0\.0 GiB"):
        unpack(bomb, tmp_path / "code", limit_bytes=2**20 - 1)
    assert _files(tmp_path / "code") == []
    unpack(bomb, tmp_path / "code", limit_bytes=2**20)
    assert (tmp_path / "code/zeros").stat().st_size == 2**20


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_holds_more_than_the_disk_is_refused_before_the_disk_is_full(tmp_path: Path, kind: str) -> None:
    """A real disk, of one MiB."""
    bomb = _bomb(tmp_path / "bomb", kind, 8 * 2**20)
    (tmp_path / "small").mkdir()
    code = (
        "import sys; from pathlib import Path; from byoml.source.archive import unpack\n"
        "try: unpack(Path(sys.argv[1]), Path('small/code'))\n"
        "except Exception as error: print(error, list(Path('small/code').iterdir()))"
    )
    script = 'mount -t tmpfs -o size=1m none small && exec "$0" -c "$1" "$2"'
    command = ["unshare", "--mount", "sh", "-c", script, sys.executable, code, str(bomb)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this system does not allow mounts: {done.stderr.strip()}")
    assert "the most that there is room for []" in done.stdout


def test_an_archive_is_known_by_its_name_or_by_how_it_starts(tmp_path: Path) -> None:
    """So that a damaged one is an error, and a script is a script."""
    script = tmp_path / "train.py"
    script.write_text("print()")
    assert not looks_like_archive(script)
    for name in ("a.tar", "a.tar.gz", "a.TGZ", "a.zip", "a.tar.xz", "a.tar.bz2"):
        (tmp_path / name).write_text("print()")
        assert looks_like_archive(tmp_path / name)
    for kind in ("", "j", "z", "J"):
        packing = ["/bin/sh", "-c", f"tar -{kind}cf archive train.py"]
        subprocess.run(packing, cwd=tmp_path, check=True)
        assert looks_like_archive(tmp_path / "archive")
    assert looks_like_archive(_zip(tmp_path / "archive", ("train.py", "", _FILE)))
    assert not looks_like_archive(tmp_path / "none")
