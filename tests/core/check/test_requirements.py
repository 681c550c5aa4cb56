"""requirements.txt, read as pip reads it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from byoml.check.requirements import check_requirements

if TYPE_CHECKING:
    from pathlib import Path


def _found(folder: Path, text: str) -> list[str]:
    (folder / "requirements.txt").write_text(text)
    return [str(finding).replace(f"{folder}/", "") for finding in check_requirements(folder / "requirements.txt")]


def test_what_pip_reads_is_fine(tmp_path: Path) -> None:
    """Versions, extras, markers, URLs, options, comments, hashes, continued lines and files."""
    (tmp_path / "more.txt").write_text("scipy\n-r requirements.txt\n")
    (tmp_path / "pkg").mkdir()
    text = """\
\ufeffnumpy >= 1.26, < 3   # comment
pandas[parquet]==2.2.* ; python_version >= "3.10"
# pandas=2
name @ https://example.com/name.whl
git+https://example.com/repo.git@v1#egg=x
--extra-index-url https://example.com/simple
-r more.txt
./pkg
-e ./pkg
requests==2.32.0 \\
    --hash=sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824

"""
    assert _found(tmp_path, text) == []


def test_no_file_is_fine(tmp_path: Path) -> None:
    """Most scripts need none."""
    assert list(check_requirements(tmp_path / "requirements.txt")) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("pandas=2", "pip cannot read 'pandas=2'"),
        ("two words", "pip cannot read 'two words'"),
        ("pip install numpy", "is a command; a line names one package"),
        ("-r gone.txt", "gone.txt is not there"),
        ("--requirement=gone.txt", "gone.txt is not there"),
        ("./gone", "./gone is not there"),
    ],
)
def test_what_pip_refuses_is_an_error_with_its_line(tmp_path: Path, line: str, text: str) -> None:
    """And pip itself, asked about the same file, refuses it."""
    [error] = _found(tmp_path, f"# first\n{line}\n")
    assert error.startswith("requirements.txt:2: error: ")
    assert text in error
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "-r", "requirements.txt"]
    done = subprocess.run(pip, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode != 0
    assert "No matching distribution" not in done.stderr


def test_a_file_that_another_one_names_is_read_too(tmp_path: Path) -> None:
    """Its lines are named as its own."""
    (tmp_path / "base.txt").write_text("\nnumpy=1\n")
    assert [error.split(":")[:2] for error in _found(tmp_path, "-r base.txt\n")] == [["base.txt", "2"]]


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    """As editors of another system may write it."""
    (tmp_path / "requirements.txt").write_bytes("numpy".encode("utf-16"))
    [error] = check_requirements(tmp_path / "requirements.txt")
    assert "it must be UTF-8 text" in str(error)
