"""The examples' pages do what they say: each command prints what stands below it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from console_pages import Reader, blocks, commands, matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the pages ask endpoints with curl, which is not here"),
]

_EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


class Installed:
    """A shell in which the programs of the running Python are found first."""

    @property
    def variables(self) -> Mapping[str, str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "TF_CPP_MIN_LOG_LEVEL": "2"}

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=cwd, env=dict(self.variables), capture_output=True, text=True, check=False, timeout=300
        )


def steps(page: Path) -> list[tuple[str, str]]:
    """Give each command of a page with the output that is shown."""
    return [step for block in blocks(page) for step in commands(block)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the reader's copy of the example lies."""
    return tmp_path / "example"


@pytest.fixture
def reader(folder: Path) -> Iterator[Reader]:
    """Somebody who does what a page says."""
    person = Reader(Installed(), folder)
    yield person
    person.stop()


def test_the_walkthrough_of_videos_does_what_it_says(reader: Reader) -> None:
    """Clips, processing, training, and an endpoint that takes a video or an array."""
    page = _EXAMPLES / "tensorflow-3dcnn/README.md"
    assert len(steps(page)) == 7

    reader.copy(page.parent)
    reader.follow(page)


def test_two_hosts_fit_one_model_and_have_the_same_weights(reader: Reader, folder: Path, free_ports: int) -> None:
    """A loop of one's own under MultiWorkerMirroredStrategy, with the weights of the plane that the points lie on."""
    page = _EXAMPLES / "tensorflow-hosts/README.md"
    ((command, shown),) = steps(page)

    reader.copy(page.parent)
    printed = reader.type(f"{command} --env BYOML_TF_PORT={free_ports} --env BYOML_STATUS_PORT={free_ports + 4}")

    assert matches(shown, "".join(sorted(printed.splitlines(keepends=True)))), printed
    first, second = (np.load(folder / f"job/model/weights-{rank}.npy") for rank in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, [2, -3, 1], atol=0.05)
    assert (folder / "job/model/1/saved_model.pb").is_file()
