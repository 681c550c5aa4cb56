"""What a processing job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.environment.processing_env import ProcessingEnv
from byoml.errors import EntryPointMissingError, NothingToProcessError
from byoml.plugin import Framework
from byoml.processing.choose import choose_entry_point, split
from byoml.source.entry_point import EntryPoint

if TYPE_CHECKING:
    from pathlib import Path


class _Plain(Framework):
    name = "plain"


class _WithProgram(Framework):
    name = "with-program"

    def default_processing_entry_point(self, env: ProcessingEnv) -> EntryPoint:
        return EntryPoint.module("some.module", env.paths.base)


def _choose(
    base: Path, script: str | None = None, framework: Framework | None = None, **environ: str
) -> tuple[str, str]:
    env = ProcessingEnv.read({"SAGEMAKER_BASE_DIR": str(base / "ml"), **environ})
    found = choose_entry_point(env, script, base / "here", framework or _Plain())
    return found.name, found.code_dir.relative_to(base).as_posix()


def _write(base: Path, *names: str) -> None:
    for name in names:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        ([], (None, ())),
        (["x.py"], ("x.py", ())),
        (["x.py", "--a", "1"], ("x.py", ("--a", "1"))),
        (["--a", "1"], (None, ("--a", "1"))),
    ],
)
def test_the_first_argument_is_the_script_unless_it_is_an_option(
    args: list[str], parts: tuple[str | None, tuple[str, ...]]
) -> None:
    """An image whose ENTRYPOINT is `processing` gets only the job's arguments."""
    assert split(args) == parts


def test_what_the_job_sent_wins_over_what_the_image_holds(tmp_path: Path) -> None:
    """And that over the folder that the container starts in."""
    _write(
        tmp_path, "ml/processing/input/code/x.py", "ml/code/x.py", "here/x.py", "ml/code/y.py", "here/y.py", "here/z.py"
    )
    assert _choose(tmp_path, "x.py") == ("x.py", "ml/processing/input/code")
    assert _choose(tmp_path, "y.py") == ("y.py", "ml/code")
    assert _choose(tmp_path, "z.py") == ("z.py", "here")


def test_an_absolute_path_is_run_in_the_folder_that_it_belongs_to(tmp_path: Path) -> None:
    """Requirements and siblings lie in the code folder; elsewhere they lie beside the script."""
    _write(tmp_path, "ml/processing/input/code/jobs/x.py", "else/y.sh")
    inside = _choose(tmp_path, str(tmp_path / "ml/processing/input/code/jobs/x.py"))
    assert inside == ("jobs/x.py", "ml/processing/input/code")
    assert _choose(tmp_path, str(tmp_path / "else/y.sh")) == ("y.sh", "else")


def test_the_command_line_wins_over_the_variable(tmp_path: Path) -> None:
    """It is the more particular of the two."""
    _write(tmp_path, "ml/code/x.py", "ml/code/y.py")
    assert _choose(tmp_path, "x.py", BYOML_PROCESS_PROGRAM="y.py")[0] == "x.py"
    assert _choose(tmp_path, BYOML_PROCESS_PROGRAM="y.py")[0] == "y.py"


def test_a_name_that_is_nowhere_is_an_error_and_no_other_script_runs(tmp_path: Path) -> None:
    """It says who named it."""
    _write(tmp_path, "ml/code/processing.py")
    with pytest.raises(EntryPointMissingError, match="BYOML_PROCESS_PROGRAM"):
        _choose(tmp_path, BYOML_PROCESS_PROGRAM="gone.py")


def test_setup_files_are_no_scripts(tmp_path: Path) -> None:
    """A package with one program has still one program."""
    _write(tmp_path, *(f"ml/processing/input/code/{name}" for name in ("setup.py", "__init__.py", "run.sh", "a.txt")))
    assert _choose(tmp_path)[0] == "run.sh"


def test_the_frameworks_program_runs_where_the_user_has_none(tmp_path: Path) -> None:
    """And only there."""
    assert _choose(tmp_path, framework=_WithProgram())[0] == "some.module"
    _write(tmp_path, "ml/processing/input/code/a.py")
    assert _choose(tmp_path, framework=_WithProgram())[0] == "a.py"


def test_nothing_at_all_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """It lists the scripts among which it does not choose."""
    _write(tmp_path, "ml/processing/input/code/b.py", "ml/processing/input/code/a.py")
    with pytest.raises(NothingToProcessError, match=r"BYOML_PROCESS_PROGRAM.*\(scripts there: a\.py, b\.py\)"):
        _choose(tmp_path)
