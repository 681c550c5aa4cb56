"""Do what a page of commands says: its files are laid down, and its commands print what it shows.

A block ```console is run: each line after `$ ` in a shell, and its output, stderr left out, must be the lines below it.
`...` stands for anything in a line, and alone for any lines. A block with a file's name after the language is that
file; one below examples/ must be the same as the one in the repository. `byoml local serve` runs until the next one.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEMO", "EXAMPLES", "Block", "OwnShell", "Reader", "Shell", "blocks", "commands", "matches"]

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
#: Where the files of an example lie in the repository.
EXAMPLES = re.compile(r"examples/[^/]+/")
_PORT = "8080"
_SERVE = "byoml local serve"
_SERVE_SECONDS = 60
_RUN_SECONDS = 300
#: It runs for minutes and has a test of its own.
DEMO = "make demo"


class Block(NamedTuple):
    """One fenced block of a page."""

    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall(page.read_text("utf-8"))]


def commands(block: Block) -> list[tuple[str, str]]:
    """Give each command with the output that is shown; what the demo prints shows commands itself."""
    if block.language != "console":
        return []
    first, _, rest = block.text.partition("\n")
    return [(DEMO, rest)] if first == f"$ {DEMO}" else _COMMAND.findall(block.text)


def matches(shown: str, printed: str) -> bool:
    """Compare what a page shows with what was printed."""
    lines = (
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in shown.splitlines()
    )
    ended = printed if not printed or printed.endswith("\n") else printed + "\n"
    return re.fullmatch("".join(lines), ended) is not None


class Shell(Protocol):
    """Where commands are typed."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment, with byoml's programs on PATH."""

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; its output is kept."""


class OwnShell:
    """Where this Python's own programs are first on PATH.

    Args:
        variables: What a person would set there.
    """

    def __init__(self, **variables: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BYOML_", "SAGEMAKER_"))}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        self.variables: Mapping[str, str] = {**kept, "PATH": path, **variables}

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=cwd, env=self.variables, capture_output=True, text=True, check=False, timeout=_RUN_SECONDS
        )


class Reader:
    """Somebody who does what a page says.

    Args:
        environment: Where byoml is installed.
        folder: The folder that the page speaks of.
        words: What is typed otherwise than the page has it, such as the name of an image.
    """

    def __init__(self, environment: Shell, folder: Path, words: Mapping[str, str] | None = None) -> None:
        self._environment = environment
        self._folder = folder
        self._words = words or {}
        self._server: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            #: Typed in place of the page's port, which may not be free here.
            self.port = str(free.getsockname()[1])

    def copy(self, example: Path) -> None:
        """Begin with an example's files in place of an empty folder."""
        shutil.copytree(example, self._folder, dirs_exist_ok=True)

    def follow(self, page: Path) -> None:
        """Lay down the files of a page and run its commands, in its order; the demo is left out."""
        for block in blocks(page):
            if block.file:
                self.write(block)
            for command, shown in commands(block):
                if command != DEMO:
                    printed = self.type(command)
                    assert matches(shown, printed), f"{page.name} shows\n{shown}\n{command} prints\n{printed}"

    def write(self, block: Block) -> None:
        path = self._folder / EXAMPLES.sub("", block.file, count=1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._reworded(block.text), encoding="utf-8")

    def type(self, command: str) -> str:
        """Run a command line; returns what it prints to stdout."""
        line = self._reworded(command).replace(_PORT, self.port)
        if line.startswith(_SERVE):
            printed = self._serve(line if self.port in line else f"{line} --port {self.port}")
        else:
            done = self._environment.run("bash", "-c", line, cwd=self._folder)
            printed = done.stdout
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        for word, other in self._words.items():
            printed = printed.replace(other, word)
        return printed.replace(self.port, _PORT)

    def _reworded(self, text: str) -> str:
        for word, other in self._words.items():
            text = text.replace(word, other)
        return text

    def _serve(self, line: str) -> str:
        """Start an endpoint in place of the last one; returns what it prints once it is ready."""
        self.stop()
        printed = self._folder.parent / "served"
        with printed.open("w", encoding="utf-8") as stdout:
            self._server = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {line}"],
                cwd=self._folder,
                env=dict(self._environment.variables),
                stdout=stdout,
            )
        deadline = time.monotonic() + _SERVE_SECONDS
        while not printed.stat().st_size and time.monotonic() < deadline and self._server.poll() is None:
            time.sleep(0.05)
        return printed.read_text("utf-8")

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(_SERVE_SECONDS)
