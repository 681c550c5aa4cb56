"""`processing` beyond single cases: packages, streams, other ways in, and a framework with a program of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from blackbox import console_script
from byoml.testing.container import Container

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def processing_container(tmp_path: Path) -> Container:
    """A container whose tree has nothing at all."""
    container = Container(tmp_path / "container", {"BYOML_FRAMEWORK": "none"})
    shutil.rmtree(container.paths.base)
    return container


def test_output_passes_byte_by_byte_on_its_own_stream(processing_container: Container) -> None:
    """Progress bars and bytes that are no UTF-8 included."""
    script = "import sys; sys.stdout.buffer.write(b'1%\\r\\xff\\n'); sys.stderr.buffer.write(b'\\xfe\\r')"
    processing_container.write({"code/processing.py": script})
    done = processing_container.process()
    assert (done.exit_code, done.stdout) == (0, b"1%\r\xff\n")
    assert b"\xfe\r" in done.stderr


def test_requirements_beside_the_script_are_installed_first(processing_container: Container) -> None:
    """Pip gets the file; here it names a package that cannot be had, and so the script never runs."""
    code = "processing/input/code"
    processing_container.write(
        {f"{code}/x.py": "open('ran', 'w')", f"{code}/requirements.txt": "byoml-no-such-package"}
    )
    done = processing_container.process("x.py", env={"PIP_NO_INDEX": "1"})
    assert done.exit_code == 1
    assert done.message
    assert "requirements.txt" in done.message.splitlines()[0]
    assert "byoml-no-such-package" in done.message
    assert not processing_container.path(code, "ran").exists()


def test_a_hint_stands_below_the_reason(processing_container: Container) -> None:
    """The remedies of training hold here too."""
    processing_container.write({"code/processing.py": "import no_such_module"})
    done = processing_container.process()
    assert done.message
    assert done.message.splitlines()[1].startswith("hint: 'no_such_module' is not installed")


def test_a_message_that_cannot_be_written_is_still_a_failure(processing_container: Container) -> None:
    """A file stands where the folder is to be, as if the disk were full."""
    processing_container.write({"code/processing.py": "raise SystemExit(3)", "output": "no folder"})
    assert processing_container.process().exit_code == 3


def test_the_command_and_the_word_are_the_same(processing_container: Container, tmp_path: Path) -> None:
    """`byoml processing` passes options on as well."""
    script = processing_container.path("processing/input/code/x.py")
    processing_container.write({"processing/input/code/x.py": "import sys; print(sys.argv[1:])"})
    command = [console_script("byoml"), "processing", str(script), "--help", "-x", "1"]
    env = processing_container.environment()
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout) == (0, "['--help', '-x', '1']\n")


def test_the_platforms_own_start_of_a_script_works_beside_it(processing_container: Container, tmp_path: Path) -> None:
    """ScriptProcessor's `python3 .../x.py` bypasses byoml: importing it there costs nothing and makes nothing."""
    script = processing_container.path("processing/input/code/x.py")
    processing_container.write({"processing/input/code/x.py": "import byoml; print(byoml.__version__)"})
    env = processing_container.environment()
    done = subprocess.run([sys.executable, script], env=env, cwd=tmp_path, capture_output=True, timeout=50, check=False)
    assert done.returncode == 0
    assert [path.name for path in processing_container.paths.base.iterdir()] == ["processing"]


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_alone_teaches_what_the_word_does(processing_container: Container, flag: str) -> None:
    """Where the script comes from is the question that people have."""
    done = processing_container.process(flag)
    assert done.exit_code == 0
    assert b"usage: processing [SCRIPT [ARG...]]" in done.stdout
    assert b"BYOML_PROCESS_PROGRAM" in done.stdout
