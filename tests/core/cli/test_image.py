"""`byoml image` as a person types it, where no Docker is needed; tests/images has the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_BYOML = str(Path(sys.executable).parent / "byoml")


def _image(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    env = {"PATH": str(folder / "nothing"), **kept}
    return subprocess.run(
        [_BYOML, "image", *args], cwd=folder, env=env, capture_output=True, text=True, timeout=30, check=False
    )


def test_a_dockerfile_is_printed_for_the_code_that_is_there(tmp_path: Path) -> None:
    """It copies what the folder has, and nothing that it does not have; nothing is written."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/train.py").touch()
    plain = _image(tmp_path, "dockerfile", "--source", "src", "--framework", "none")
    assert (plain.returncode, plain.stderr) == (0, "")
    assert "COPY . /code/" in plain.stdout
    assert "--requirement" not in plain.stdout
    (tmp_path / "src/requirements.txt").touch()
    assert "--requirement" in _image(tmp_path, "dockerfile", "--source", "src", "--framework", "none").stdout
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["requirements.txt", "src", "train.py"]


def test_a_base_image_of_the_users_own_stands_at_the_top(tmp_path: Path) -> None:
    """As a build argument, so that it can still be changed without an edit."""
    printed = _image(tmp_path, "dockerfile", "--framework", "none", "--base-image", "registry.mine/python:3.12")
    assert "ARG BASE_IMAGE=registry.mine/python:3.12\n" in printed.stdout
    assert "FROM ${BASE_IMAGE}\n" in printed.stdout


def test_a_framework_that_is_not_installed_is_named_with_those_that_are(tmp_path: Path) -> None:
    """By the option that said it; what to install is in the same line."""
    asked = _image(tmp_path, "dockerfile", "--framework", "torhc")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr.startswith("byoml: --framework is 'torhc', which is not installed; installed: ")
    assert asked.stderr.count("\n") == 1


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """With the option and what was given."""
    asked = _image(tmp_path, "build", "--source", "scr", "--tag", "a")
    assert asked.returncode == 2
    assert "'--source': Directory 'scr' does not exist." in asked.stderr


@pytest.mark.parametrize("args", [("build", "--tag", "a"), ("push", "a"), ("check", "a")], ids=lambda args: args[0])
def test_without_docker_the_error_says_what_to_do(args: tuple[str, ...], tmp_path: Path) -> None:
    """Here PATH has nothing on it."""
    done = _image(tmp_path, *args)
    assert done.returncode == 1
    assert done.stderr.startswith("byoml: Docker cannot be used here (there is no program docker on PATH); install it")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("word", ["dockerfile", "build", "push", "check"])
def test_the_help_of_each_command_ends_with_an_example(word: str, tmp_path: Path) -> None:
    """One that names its arguments."""
    told = _image(tmp_path, word, "--help").stdout
    assert told.rstrip().splitlines()[-1].startswith(f"    byoml image {word} ")
