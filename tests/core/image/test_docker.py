"""Docker's client is a program: its output, its exit codes, and what is said where it is not there.

Here Python stands at its path, as what is looked at holds for any program; tests/images has the real client, and a
daemon that does not answer.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from byoml.image.docker import Docker, find
from byoml.image.errors import DockerError, DockerMissingError

if TYPE_CHECKING:
    from pathlib import Path

_PYTHON = Docker(sys.executable, os.environ)


def test_output_is_taken_without_its_last_newline() -> None:
    """As `$(...)` of a shell does."""
    assert _PYTHON.read("-c", "print('an id')") == "an id"


def test_what_must_not_stand_in_arguments_is_given_by_stdin() -> None:
    """A program that reads more than it is given waits for nobody: its stdin has an end."""
    assert _PYTHON.read("-c", "print(input()[::-1])", given="abc") == "cba"
    assert _PYTHON.read("-c", "import sys; print(repr(sys.stdin.read()))") == "''"


def test_a_failure_gives_the_command_its_code_and_the_end_of_its_stderr() -> None:
    """Without stderr where that was shown as it came."""
    with pytest.raises(DockerError, match=r"ended with 3: gone$"):
        _PYTHON.read("-c", "import sys; print('gone', file=sys.stderr); sys.exit(3)")
    with pytest.raises(DockerError, match=r"ended with 3$"):
        _PYTHON.show("-c", "import sys; sys.exit(3)")


def test_what_is_shown_is_shown_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    """On the same streams."""
    _PYTHON.show("-c", "import sys; print('out'); print('err', file=sys.stderr)")
    assert capfd.readouterr() == ("out\n", "err\n")


def test_bytes_that_are_no_text_end_nothing() -> None:
    """A container may print anything."""
    assert "�" in _PYTHON.run("-c", r"import sys; sys.stdout.buffer.write(b'\xff')").stdout


def test_without_the_program_the_error_says_what_to_do(tmp_path: Path) -> None:
    """PATH is the caller's, not this process's."""
    with pytest.raises(DockerMissingError, match=r"no program docker on PATH\); install it"):
        find({"PATH": str(tmp_path)})
