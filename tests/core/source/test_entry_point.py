"""Finding the user's program, and the command that starts it (contract/training 4.3)."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from byoml.errors import EntryPointMissingError
from byoml.source.entry_point import EntryPoint, Kind, Named, find

if TYPE_CHECKING:
    from pathlib import Path


def _make(folder: Path, *names: str, content: str = "", mode: int = 0o644) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
        (folder / name).chmod(mode)
    return folder


@pytest.mark.parametrize(
    ("name", "others", "kind"),
    [
        ("train.py", [], Kind.SCRIPT),
        ("sub/train.py", [], Kind.SCRIPT),
        ("train.py", ["setup.py"], Kind.PACKAGE),
        ("train.sh", ["setup.py"], Kind.COMMAND),
        ("train.sh", [], Kind.COMMAND),
        ("train", [], Kind.COMMAND),
    ],
)
def test_the_kind_follows_from_the_name_and_a_setup_file(
    tmp_path: Path, name: str, others: list[str], kind: Kind
) -> None:
    """The first match of the contract's table."""
    _make(tmp_path, name, *others)
    assert find([Named(name, "SAGEMAKER_PROGRAM")], [tmp_path]) == EntryPoint(name, kind, tmp_path)


def test_the_first_candidate_and_the_first_folder_win(tmp_path: Path) -> None:
    """A default that is absent is passed over."""
    first, second = _make(tmp_path / "1", "b.py"), _make(tmp_path / "2", "a.py", "b.py")
    assert find([Named("a.py"), Named("b.py")], [first, second]) == EntryPoint("a.py", Kind.SCRIPT, second)
    assert find([Named("none.py"), Named("b.py")], [first, second]) == EntryPoint("b.py", Kind.SCRIPT, first)


def test_nothing_said_and_nothing_there_is_nothing(tmp_path: Path) -> None:
    """The framework's own algorithm may run then."""
    assert find([Named("train.py")], [tmp_path, tmp_path / "none"]) is None


def test_a_program_that_is_named_and_absent_is_an_error_that_helps(tmp_path: Path) -> None:
    """It says who named it, where it was looked for, and what is there; the default does not stand in."""
    _make(tmp_path, "train.py", "tran.py")
    with pytest.raises(EntryPointMissingError) as caught:
        find([Named("other.py", "hyperparameter sagemaker_program"), Named("train.py")], [tmp_path])
    for words in ("'other.py'", "hyperparameter sagemaker_program", str(tmp_path), "train.py, tran.py"):
        assert words in str(caught.value)


@pytest.mark.parametrize("name", ["../outside.py", "sub/../../outside.py", "/bin/sh", "."])
def test_a_program_outside_of_the_code_folder_is_not_found(tmp_path: Path, name: str) -> None:
    """A name cannot lead out, neither upwards nor by being absolute."""
    _make(tmp_path, "outside.py", "code/sub/x.py")
    with pytest.raises(EntryPointMissingError):
        find([Named(name, "SAGEMAKER_PROGRAM")], [tmp_path / "code"])


@pytest.mark.parametrize(
    ("name", "kind", "start"),
    [
        ("train.py", Kind.SCRIPT, (sys.executable, "train.py")),
        ("pkg/train.py", Kind.PACKAGE, (sys.executable, "-m", "pkg.train")),
        ("my.pyramid.py", Kind.PACKAGE, (sys.executable, "-m", "my.pyramid")),
    ],
)
def test_python_programs_run_under_this_python(tmp_path: Path, name: str, kind: Kind, start: tuple[str, ...]) -> None:
    """A script by its path, a package's program as a module; the arguments follow untouched."""
    assert EntryPoint(name, kind, tmp_path).command(["-a", "b c; d"]) == (*start, "-a", "b c; d")


def test_a_module_of_a_plugin_runs_as_a_module(tmp_path: Path) -> None:
    """Wherever it is installed."""
    assert EntryPoint.module("byoml_x.train", tmp_path).command([]) == (sys.executable, "-m", "byoml_x.train")


@pytest.mark.parametrize("mode", [0o755, 0o644], ids=["executable", "mode-lost"])
@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ('echo "$0|$1"', "./run.sh|b c; $d"),
        ('#!/bin/sh -e\necho "sh $1"', "sh b c; $d"),
        (f"#!{sys.executable}\nimport sys\nprint(sys.argv[1])", "b c; $d"),
    ],
    ids=["plain", "shell", "python"],
)
def test_a_command_runs_by_its_first_line_else_by_the_shell(
    tmp_path: Path, content: str, answer: str, mode: int
) -> None:
    """Also where an archive has lost its mode; arguments are never read by a shell."""
    _make(tmp_path, "run.sh", content=content, mode=mode)
    command = EntryPoint("run.sh", Kind.COMMAND, tmp_path).command(["b c; $d"])
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == answer + "\n"


def test_a_command_may_be_given_back_the_mode_that_its_archive_lost(tmp_path: Path) -> None:
    """Commands only: a script is run by Python, which does not ask for the mode."""
    _make(tmp_path, "run.sh", "train.py", mode=0o640)
    EntryPoint("run.sh", Kind.COMMAND, tmp_path).allow_execution()
    EntryPoint("train.py", Kind.SCRIPT, tmp_path).allow_execution()
    assert (tmp_path / "run.sh").stat().st_mode & 0o777 == 0o751
    assert (tmp_path / "train.py").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["my train.py", "été.py", "-x.py", "a b/train v1.2.py", "'q'.sh", "$(x).sh"])
def test_a_name_may_hold_spaces_and_any_letter(tmp_path: Path, name: str) -> None:
    """And what a shell or Python would take for something else."""
    content = 'echo "$1"\n' if name.endswith(".sh") else "import sys; print(sys.argv[1])\n"
    entry_point = find([Named(name, "SAGEMAKER_PROGRAM")], [_make(tmp_path, name, content=content)])
    assert entry_point is not None
    done = subprocess.run(entry_point.command(["b c"]), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "b c\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("pkg/train.py", Kind.PACKAGE), ("train v1.2.py", Kind.SCRIPT), ("my-pkg/train.py", Kind.SCRIPT)],
)
@pytest.mark.parametrize("file", ["setup.py", "pyproject.toml"])
def test_a_packages_program_runs_as_a_module_where_its_name_can_be_imported(
    tmp_path: Path, file: str, name: str, kind: Kind
) -> None:
    """Else by its path; a `pyproject.toml` says that it builds something."""
    _make(tmp_path, name)
    (tmp_path / file).write_text("[build-system]\nrequires = []\n")
    assert find([Named(name, "SAGEMAKER_PROGRAM")], [tmp_path]) == EntryPoint(name, kind, tmp_path)


def test_a_pyproject_of_settings_makes_no_package(tmp_path: Path) -> None:
    """Linters keep theirs in it."""
    _make(tmp_path, "train.py")
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 120\n")
    assert find([Named("train.py")], [tmp_path]) == EntryPoint("train.py", Kind.SCRIPT, tmp_path)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("pkg.train", ["pkg/train.py"]),
        ("pkg", ["pkg/__main__.py"]),
        ("pkg.sub", ["pkg/sub/__main__.py"]),
        ("train", ["train.py"]),
        ("pkg.train", ["src/pkg/train.py", "setup.py"]),
        ("pytest.nowhere", []),
    ],
)
def test_a_dotted_name_is_a_module_where_modules_are_allowed(tmp_path: Path, name: str, files: list[str]) -> None:
    """In the folder, in the package that lies there, or in a package that is installed."""
    _make(tmp_path, *files)
    said = [Named(name, "SAGEMAKER_PROGRAM")]
    assert find(said, [tmp_path], modules=True) == EntryPoint(name, Kind.MODULE, tmp_path)
    with pytest.raises(EntryPointMissingError):
        find(said, [tmp_path])


@pytest.mark.parametrize("name", ["train.py", "no_such_top.train", "json.tool", "a b.train", "pkg..train", "pkg.train"])
def test_what_no_python_could_run_is_missing(tmp_path: Path, name: str) -> None:
    """Neither a file that is absent, nor the standard library, is a user's module."""
    _make(tmp_path, "src/pkg/train.py")
    with pytest.raises(EntryPointMissingError):
        find([Named(name, "SAGEMAKER_PROGRAM")], [tmp_path], modules=True)
