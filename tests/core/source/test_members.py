"""Members of an archive that must not be unpacked, with and without the filters of newer Pythons."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest
from byoml.errors import SourceError
from byoml.source.fetch import unpack

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.fixtures import SubRequest

# From 3.12 on, unpacking without a filter is a warning, and there is no Python that would need it.
_FILTERS = ["filtered", "bare"] if sys.version_info < (3, 12) else ["filtered"]


@pytest.fixture(params=_FILTERS, autouse=True)
def _tarfile(request: SubRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs as on a Python with tarfile's filters, and as on one without."""
    if request.param == "bare":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, link, mode
    return member


def _archive(folder: Path, *members: tarfile.TarInfo) -> Path:
    path = folder / "archive.tar"
    with tarfile.open(path, "w") as tar:
        for member in members:
            content = b"content" if member.type == tarfile.REGTYPE else b""
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


_SYM, _HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
_UNSAFE = {
    "absolute": [_member("/escaped")],
    "upwards": [_member("../escaped")],
    "upwards-inside": [_member("a/../../escaped")],
    "link-upwards": [_member("link", _SYM, "../escaped")],
    "link-absolute": [_member("link", _SYM, "/etc")],
    "link-upwards-behind-a-name": [_member("p", _SYM, "."), _member("q", _SYM, "p/..")],
    "link-deep-upwards": [_member("a/b/link", _SYM, "../../../escaped")],
    "through-a-link": [_member("a/real", tarfile.DIRTYPE), _member("link", _SYM, "a"), _member("link/file")],
    "hard-link-upwards": [_member("link", _HARD, "../escaped")],
    "hard-link-absolute": [_member("link", _HARD, "/etc/passwd")],
    "fifo": [_member("pipe", tarfile.FIFOTYPE)],
    "device": [_member("null", tarfile.CHRTYPE)],
}


@pytest.mark.parametrize("members", _UNSAFE.values(), ids=_UNSAFE)
def test_an_unsafe_member_is_refused_and_nothing_leaves_the_folder(
    tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    """The error names the archive; outside of the target nothing is made."""
    archive = _archive(tmp_path, *members)
    with pytest.raises(SourceError, match=r"archive\.tar.*cannot be unpacked: member"):
        unpack(archive, tmp_path / "in/target")
    assert not (tmp_path / "in/escaped").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"archive.tar", "in"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["target"]


def test_a_link_that_an_earlier_code_folder_holds_is_not_followed(tmp_path: Path) -> None:
    """What lies in the target already cannot lead a member out of it."""
    outside, target = tmp_path / "outside", tmp_path / "target"
    outside.mkdir()
    target.mkdir()
    (target / "lib").symlink_to(outside)
    with pytest.raises(SourceError, match="behind a link"):
        unpack(_archive(tmp_path, _member("lib/file")), target)
    assert list(outside.iterdir()) == []


def test_links_that_stay_inside_are_kept(tmp_path: Path) -> None:
    """Beside, below and above, symbolic and hard."""
    members = [
        _member("lib/a.py"),
        _member("here", _SYM, "lib"),
        _member("lib/up", _SYM, "../lib/a.py"),
        _member("b", _HARD, "lib/a.py"),
    ]
    unpack(_archive(tmp_path, *members), tmp_path / "target")
    for name in ("lib/a.py", "here/a.py", "lib/up", "b"):
        assert (tmp_path / "target" / name).read_bytes() == b"content"


def test_the_owner_is_who_unpacks_and_special_modes_are_gone(tmp_path: Path) -> None:
    """Programs stay programs; set-user-id and writable-by-all do not come out of an archive."""
    member = _member("run.sh", mode=0o4777)
    member.uid = member.gid = 4242
    unpack(_archive(tmp_path, member), tmp_path / "target")
    found = (tmp_path / "target/run.sh").stat()
    assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (0o755, os.getuid(), os.getgid())
