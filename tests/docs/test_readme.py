"""README, tutorial and how-to say what is so: their files are the repository's, their commands print what they show.

A block ```console is run: each line after `$ ` in a shell, and its output, stderr left out, must be the lines below it.
`...` stands for anything in a line, and alone for any lines. A block with a file's name after the language is that
file; one below examples/ must be the same as the one in the repository. `byoml local serve` runs until the next one.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_EXAMPLES = re.compile(r"examples/[^/]+/")
_PORT = "8080"
_SERVE = "byoml local serve"
_SERVE_SECONDS = 60
# It runs for minutes and has a test of its own.
_DEMO = "make demo"


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
    return [(_DEMO, rest)] if first == f"$ {_DEMO}" else _COMMAND.findall(block.text)


def matches(shown: str, printed: str) -> bool:
    """Compare what a page shows with what was printed."""
    lines = (
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in shown.splitlines()
    )
    ended = printed if not printed or printed.endswith("\n") else printed + "\n"
    return re.fullmatch("".join(lines), ended) is not None


class Reader:
    """Somebody who does what a page says.

    Args:
        environment: Where byoml is installed.
        folder: The folder that the page speaks of.
    """

    def __init__(self, environment: Any, folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])

    def copy(self, example: Path) -> None:
        """Begin with an example's files in place of an empty folder."""
        shutil.copytree(example, self._folder, dirs_exist_ok=True)

    def write(self, block: Block) -> None:
        path = self._folder / _EXAMPLES.sub("", block.file, count=1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def type(self, command: str) -> str:
        """Run a command line; returns what it prints to stdout."""
        line = command.replace(_PORT, self._port)
        if line.startswith(_SERVE):
            printed = self._serve(line if self._port in line else f"{line} --port {self._port}")
        else:
            done = self._environment.run("bash", "-c", line, cwd=self._folder)
            printed = done.stdout
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return printed.replace(self._port, _PORT)

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


@pytest.fixture
def reader(environment: Any, tmp_path: Path) -> Iterator[Reader]:
    """A person with an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    person = Reader(environment, folder)
    yield person
    person.stop()


PAGES = [
    "README.md",
    "docs/tutorial/first-model.md",
    "docs/how-to/ask-an-endpoint.md",
    "docs/how-to/batch-transform.md",
    "docs/how-to/bring-a-script.md",
    "docs/how-to/checkpoints.md",
    "docs/how-to/dependencies.md",
    "docs/how-to/hyperparameters.md",
    "docs/how-to/inference-script.md",
    "docs/how-to/multi-model.md",
    "docs/how-to/processing.md",
    "docs/how-to/spot.md",
    "docs/how-to/write-a-plugin.md",
    "docs/how-to/xgboost-gpu.md",
    "docs/how-to/xgboost-old-models.md",
    "examples/sklearn-own-container/README.md",
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name: str, root: Path, reader: Reader) -> None:
    """Its files and commands, in the order of the page, print what it shows: an example's in a copy of its folder."""
    if shutil.which("curl") is None:
        pytest.skip("the pages ask endpoints with curl, which is not here")
    if name.startswith("examples/"):
        reader.copy((root / name).parent)
    for block in blocks(root / name):
        if block.file:
            reader.write(block)
        for command, shown in commands(block):
            if command != _DEMO:
                printed = reader.type(command)
                assert matches(shown, printed), f"{name} shows\n{shown}\n{command} prints\n{printed}"


@pytest.mark.parametrize("name", [*PAGES, "examples/minimal-plugin/README.md", "examples/custom-container/README.md"])
def test_files_of_examples_stand_in_a_page_as_they_are(name: str, root: Path) -> None:
    """What a page shows of a file in examples/ is the whole file."""
    for block in blocks(root / name):
        if _EXAMPLES.match(block.file):
            assert block.text == (root / block.file).read_text("utf-8"), block.file


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", *PAGES[1:]])
def test_links_lead_to_files(name: str, root: Path) -> None:
    """A link to a file of the repository leads somewhere."""
    page = root / name
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.timeout(900)
def test_make_demo_prints_what_the_readme_shows(root: Path) -> None:
    """The first command that a newcomer types ends with 0 and prints what the README promises."""
    shown = dict(command for block in blocks(root / "README.md") for command in commands(block))[_DEMO]
    done = subprocess.run(_DEMO.split(), cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert matches(shown, done.stdout), done.stdout
