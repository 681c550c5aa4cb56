"""`byoml check`: what a person types and reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

_BYOML = str(Path(sys.executable).parent / "byoml")
_SCRIPT = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.parse_args()
"""


def _check(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    env = {"PATH": os.defpath, "BYOML_FRAMEWORK": "none", **kept}
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src/train.py").write_text(_SCRIPT)
    command = [_BYOML, "check", "src", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=30, check=False)


def test_a_folder_in_which_nothing_is_wrong_ends_with_0(tmp_path: Path) -> None:
    """And says so."""
    done = _check(tmp_path, "--hp", "lr=0.1")
    assert (done.returncode, done.stdout) == (0, "nothing to remark\n")


def test_an_error_ends_with_1_and_names_file_and_line(tmp_path: Path) -> None:
    """In the form that editors jump to."""
    done = _check(tmp_path, "--hp", "lr=fast")
    assert done.returncode == 1
    assert done.stdout == (
        "src/train.py:3: error: hyperparameter 'lr' is 'fast', which type=float refuses; send another value\n"
        "1 error(s), 0 other remark(s)\n"
    )


def test_hyperparameters_of_a_file_are_named_with_its_line(tmp_path: Path) -> None:
    """Values that are no text are sent as JSON; --hp wins over the file."""
    content = json.dumps({"lr": 0.1, "long": "x" * 2501}, indent=1)
    (tmp_path / "hp.json").write_text(content)
    done = _check(tmp_path, "--hyperparameters", "hp.json")
    assert done.returncode == 1
    assert done.stdout.startswith("hp.json:3: error: the value has 2501 characters; the API takes 2500;")
    assert _check(tmp_path, "--hyperparameters", "hp.json", "--hp", "long=1").stdout.count("2501") == 0


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """It is the command that is wrong then, and no job."""
    done = _check(tmp_path, "--env", "no-equals-sign")
    assert done.returncode == 2
    assert "KEY=VALUE" in done.stderr
