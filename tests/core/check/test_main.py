"""The examination of a source folder: programs, paths, and what comes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[..., list[str]]


@pytest.mark.parametrize("name", ["train.py", "processing.py", "inference.py"])
def test_a_folder_with_a_usual_program_is_fine(found: Check, name: str) -> None:
    """Nothing is found where nothing is wrong."""
    assert found({name: "print('hello')\n"}) == []


def test_a_folder_without_a_program_is_an_error_that_says_how_to_name_one(found: Check) -> None:
    """There are three usual names, and an option for any other."""
    [error] = found({"main.py": ""})
    assert error == (
        "DIR: error: no program is there: name it with --entry-point, or call it one of train.py, processing.py, "
        "inference.py"
    )


def test_a_framework_with_an_algorithm_needs_no_program(found: Check) -> None:
    """That is said, as it may not be what was meant."""
    pytest.importorskip("byoml_sklearn", reason="byoml-sklearn is not installed: byoml[sklearn] brings it")
    assert found({}, framework="sklearn") == [
        "DIR: note: has no program; the built-in algorithm of sklearn would train"
    ]


def test_a_program_that_is_named_and_absent_is_an_error(found: Check) -> None:
    """Whether the command line names it or the hyperparameter that SDKs send, in either of its encodings."""
    [error] = found({"train.py": ""}, entry_point="main.py")
    assert error.startswith("DIR: error: entry point 'main.py' (from --entry-point) is not in DIR")
    [error] = found({"train.py": ""}, {"sagemaker_program": '"main.py"'})
    assert "'main.py' (from sagemaker_program)" in error


def test_a_file_that_does_not_parse_is_named_with_its_line(found: Check) -> None:
    """Also one that the program imports, through others, as a module, a package or relatively."""
    files = {
        "train.py": "import a.b\nfrom pkg import c\nimport numpy\n",
        "a/b.py": "from . import d\n",
        "a/d.py": "x = (\n",
        "pkg/__init__.py": "",
        "pkg/c.py": "\n\ndef f(:\n",
        "not_imported.py": "x = (\n",
    }
    errors = found(files)
    assert sorted(error.split(" error: ")[0] for error in errors) == ["a/d.py:1:", "pkg/c.py:3:"]
    assert all("does not parse" in error for error in errors)


def test_nothing_is_run_or_imported(found: Check, tmp_path: Path) -> None:
    """A script may do anything at import, and cost anything."""
    script = f"import helper\nopen({str(tmp_path / 'ran')!r}, 'w')\n"
    assert found({"train.py": script, "helper.py": "raise SystemExit(3)\n", "inference.py": script}) == []
    assert not (tmp_path / "ran").exists()


def test_lines_that_spell_the_platforms_paths_are_noted(found: Check) -> None:
    """A note is no error; what is in no job, such as a virtual environment, is passed over."""
    files = {"train.py": "\nopen('/opt/ml/model/x', 'w')\n", ".venv/lib/x.py": "'/opt/ml'\n", "run.sh": "ls /opt/ml\n"}
    assert [note.split(": spells")[0] for note in found(files)] == ["run.sh:1: note", "train.py:2: note"]


def test_a_program_that_is_not_python_is_not_read_as_python(found: Check) -> None:
    """Its hyperparameters are still held to the API's limits."""
    assert found({"train.sh": "if then\n"}, {"x": "1"}, entry_point="train.sh") == []
    assert len(found({"train.sh": ""}, {"x": "1" * 2501}, entry_point="train.sh")) == 1
