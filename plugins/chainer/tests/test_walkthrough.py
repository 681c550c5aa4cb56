"""The walkthrough does what its page says: pictures are learned, and then named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blackbox import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXAMPLE = Path(__file__).parents[3] / "examples/chainer-vgg"
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_SERVE = "byoml local serve"


def _steps() -> list[tuple[str, str]]:
    """Each command of the page, and what the page shows below it."""
    page = (_EXAMPLE / "README.md").read_text("utf-8")
    return [
        step
        for block in re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for step in _COMMAND.findall(block)
    ]


def _matches(shown: str, printed: str) -> bool:
    """Compare line by line; `...` stands for anything in a line, and alone for any lines."""
    lines = [
        r"(?:.*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), printed) is not None


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path) -> Path:
    """The example, and ten pictures of CIFAR-10, one of each class."""
    copied = shutil.copytree(_EXAMPLE, tmp_path / "example")
    shutil.copytree(shared_data / "cifar-png", copied / "pictures")
    return copied


@pytest.fixture
def variables() -> dict[str, str]:
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "LANG", "HOME"))}
    return {**kept, "PATH": os.pathsep.join([programs, os.defpath]), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def servers() -> Iterator[list[subprocess.Popen[str]]]:
    """What serves until the end of the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.terminate()
        process.wait(30)


@pytest.mark.timeout(180)
def test_ten_pictures_are_learned_by_heart_and_named(
    folder: Path, variables: dict[str, str], servers: list[subprocess.Popen[str]]
) -> None:
    """Every command of the page prints what the page shows, down to the ten names."""
    port, steps = str(free_port()), _steps()
    assert len(steps) == 5
    for command, shown in steps:
        line = command.replace("8080", port)
        if line.startswith(_SERVE):
            printed = _serve(line, folder, variables, servers)
        else:
            done = subprocess.run(
                ["/bin/bash", "-c", line], cwd=folder, env=variables, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            printed = done.stdout
        assert _matches(shown.replace("8080", port), printed), f"the page shows\n{shown}\n{line} prints\n{printed}"


def _serve(line: str, folder: Path, variables: dict[str, str], servers: list[subprocess.Popen[str]]) -> str:
    output = folder / "served.txt"
    with output.open("w") as stdout:
        servers.append(
            subprocess.Popen(["/bin/bash", "-c", f"exec {line}"], cwd=folder, env=variables, stdout=stdout, text=True)
        )
    assert wait_until(lambda: output.stat().st_size > 0 or servers[-1].poll() is not None, 60)
    return output.read_text("utf-8")
