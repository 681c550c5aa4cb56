"""The walkthrough examples/torch-cnn does what its page says: each command is run, and prints what is shown."""

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

pytestmark = pytest.mark.timeout(300)

_EXAMPLE = Path(__file__).resolve().parents[3] / "examples/torch-cnn"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_PORT = "8080"


class Person:
    """Somebody who types the commands of the page.

    Args:
        folder: A copy of the example.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = str(free_port())
        self._server: subprocess.Popen[bytes] | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BYOML_", "SAGEMAKER_"))}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        self._variables = {**kept, "PATH": path, "OMP_NUM_THREADS": "1"}

    def type(self, command: str) -> str:
        """Run a command; gives what it prints to stdout. A server goes on until the page ends."""
        line = command.replace(_PORT, self.port)
        if "local serve" in line:
            printed = self._serve(line)
        else:
            done = subprocess.run(
                ["/bin/bash", "-c", line],
                cwd=self._folder,
                env=self._variables,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            printed = done.stdout
        return printed.replace(self.port, _PORT)

    def _serve(self, line: str) -> str:
        printed = self._folder / "served"
        with printed.open("wb") as stdout:
            self._server = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {line}"], cwd=self._folder, env=self._variables, stdout=stdout
            )
        assert wait_until(lambda: printed.stat().st_size > 0, 120)
        return printed.read_text("utf-8")

    def leave(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(60)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody in a copy of the example whose client asks the port that is free here."""
    folder = shutil.copytree(_EXAMPLE, tmp_path / "torch-cnn")
    person = Person(folder)
    ask = folder / "ask.py"
    ask.write_text(ask.read_text("utf-8").replace(_PORT, person.port), encoding="utf-8")
    yield person
    person.leave()


def test_the_page_prints_what_it_shows(person: Person) -> None:
    """From data to training, to an endpoint that names digits; `...` stands for anything in a line."""
    if shutil.which("curl") is None:
        pytest.skip("the page asks the endpoint with curl, which is not here")
    page = (_EXAMPLE / "README.md").read_text("utf-8")
    commands = [found for block in _BLOCK.findall(page) for found in _COMMAND.findall(block)]
    assert len(commands) == 6

    for command, shown in commands:
        printed = person.type(command)
        ended = printed if printed.endswith("\n") else printed + "\n"
        assert re.fullmatch(re.escape(shown).replace(r"\.\.\.", ".*"), ended), f"{command} prints\n{printed}"
