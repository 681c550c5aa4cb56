"""The folder that Docker builds from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.image.context import build_context
from byoml.image.errors import NoWheelsError

if TYPE_CHECKING:
    from pathlib import Path


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_context_has_the_code_without_what_is_in_no_job(tmp_path: Path) -> None:
    """Neither git's folder nor caches are sent to the daemon; the user's folder is left as it is."""
    source = tmp_path / "src"
    for name in ("train.py", "lib/a.py", ".git/config", "lib/__pycache__/a.pyc"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).touch()
    with build_context(source, "FROM x\n") as context:
        assert _files(context) == {"train.py", "lib/a.py", "Dockerfile"}
        assert (context / "Dockerfile").read_text() == "FROM x\n"
    assert not context.exists()
    assert not (source / "Dockerfile").exists()


def test_wheels_and_certificates_lie_where_the_dockerfile_looks(tmp_path: Path) -> None:
    """Only wheels are taken from the folder of wheels."""
    (tmp_path / "w").mkdir()
    for name in ("w/a-1-py3-none-any.whl", "w/notes.txt", "my.crt"):
        (tmp_path / name).touch()
    with build_context(None, "", tmp_path / "w", tmp_path / "my.crt") as context:
        assert _files(context) == {"Dockerfile", "wheels/a-1-py3-none-any.whl", "wheels/ca.crt"}


def test_a_folder_of_wheels_without_one_is_an_error(tmp_path: Path) -> None:
    """A wrong folder would else be noticed only when pip finds nothing."""
    (tmp_path / "a.tar.gz").touch()
    with (
        pytest.raises(NoWheelsError, match=r"holds no wheel \(\*\.whl\); files there: a\.tar\.gz"),
        build_context(None, "", tmp_path),
    ):
        pass
