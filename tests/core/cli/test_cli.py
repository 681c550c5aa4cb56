"""The command line, as real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from byoml import __version__

_SCRIPTS = Path(sys.executable).parent


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("word", ["train", "serve"])
def test_the_container_s_words_teach_what_they_do(word: str) -> None:
    """`--help` answers, and says how to try it here."""
    done = _run(str(_SCRIPTS / word), "--help")
    assert done.returncode == 0
    assert "SAGEMAKER_BASE_DIR" in done.stdout
    assert "byoml local" in done.stdout


@pytest.mark.parametrize("word", ["train", "serve"])
def test_an_argument_that_means_nothing_is_a_usage_error(word: str) -> None:
    """Usage errors end with 2, and name the argument."""
    done = _run(str(_SCRIPTS / word), "--fast")
    assert done.returncode == 2
    assert "'--fast'" in done.stderr


def test_byoml_lists_its_commands_and_its_version() -> None:
    """A newcomer finds every command from `--help`."""
    done = _run(str(_SCRIPTS / "byoml"), "--help")
    assert done.returncode == 0
    for command in ("train", "serve", "processing", "local", "check", "env", "plugins"):
        assert f"\n  {command}" in done.stdout
    assert __version__ in _run(sys.executable, "-m", "byoml", "--version").stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    """The error names what was typed, without a traceback."""
    done = _run(str(_SCRIPTS / "byoml"), "trian")
    assert done.returncode == 2
    assert "trian" in done.stderr
    assert "Traceback" not in done.stderr
