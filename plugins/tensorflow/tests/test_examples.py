"""The examples' pages do what they say: each command prints what stands below it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the pages ask endpoints with curl, which is not here"),
]

_EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_SERVE = "byoml local serve"
_SECONDS = 300


def commands(page: Path) -> list[tuple[str, str]]:
    """Give each command of a page with the output that is shown."""
    return [command for block in _BLOCK.findall(page.read_text("utf-8")) for command in _COMMAND.findall(block)]


def matches(shown: str, printed: str) -> bool:
    """Compare; `...` stands for anything in a line, and alone for any lines."""
    lines = (
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in shown.splitlines()
    )
    return (
        re.fullmatch("".join(lines), printed if printed.endswith("\n") or not printed else printed + "\n") is not None
    )


class Shell:
    """Somebody who types a page's commands in a copy of its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._variables = {**os.environ, "PATH": path, "TF_CPP_MIN_LOG_LEVEL": "2"}

    def type(self, command: str) -> str:
        """Run one command; gives what it prints."""
        line = command.replace("8080", self._port)
        if line.startswith(_SERVE):
            return self._serve(line).replace(self._port, "8080")
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _serve(self, line: str) -> str:
        printed = self.folder / "served"
        with printed.open("wb") as stdout:
            command = ["/bin/sh", "-c", f"exec {line}"]
            self._server = subprocess.Popen(command, cwd=self.folder, env=self._variables, stdout=stdout)
        deadline = time.monotonic() + _SECONDS
        while not printed.stat().st_size and self._server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return printed.read_text("utf-8")

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(_SECONDS)


@pytest.fixture
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """A shell in a copy of the example that the test names."""
    started = Shell(Path(shutil.copytree(_EXAMPLES / request.param, tmp_path / "example")))
    yield started
    started.stop()


@pytest.mark.parametrize("shell", ["tensorflow-3dcnn"], indirect=True)
def test_the_walkthrough_of_videos_does_what_it_says(shell: Shell) -> None:
    """Clips, processing, training, and an endpoint that takes a video or an array."""
    typed = commands(_EXAMPLES / "tensorflow-3dcnn/README.md")

    assert len(typed) == 7
    for command, shown in typed:
        printed = shell.type(command)
        assert matches(shown, printed), f"{command} prints\n{printed}"


@pytest.mark.parametrize("shell", ["tensorflow-hosts"], indirect=True)
def test_two_hosts_fit_one_model_and_have_the_same_weights(shell: Shell, free_ports: int) -> None:
    """A loop of one's own under MultiWorkerMirroredStrategy, with the weights of the plane that the points lie on."""
    ((command, shown),) = commands(_EXAMPLES / "tensorflow-hosts/README.md")

    printed = shell.type(f"{command} --env BYOML_TF_PORT={free_ports} --env BYOML_STATUS_PORT={free_ports + 4}")

    assert matches(shown, "".join(sorted(printed.splitlines(keepends=True)))), printed
    first, second = (np.load(shell.folder / f"job/model/weights-{rank}.npy") for rank in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, [2, -3, 1], atol=0.05)
    assert (shell.folder / "job/model/1/saved_model.pb").is_file()
