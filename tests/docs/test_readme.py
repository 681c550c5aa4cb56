"""README, tutorial and how-to say what is so: their files are the repository's, their commands print what they show.

console_pages.py tells how pages are written. Those whose commands need Docker are run by tests/images.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from console_pages import DEMO, EXAMPLES, Reader, blocks, commands, matches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
# Run by tests/images and tests/sdk.
WITH_DOCKER = ["docs/how-to/images.md", "examples/custom-container/README.md", "docs/how-to/sagemaker-sdk.md"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name: str, root: Path, reader: Reader) -> None:
    """Its files and commands, in the order of the page, print what it shows: an example's in a copy of its folder."""
    if shutil.which("curl") is None:
        pytest.skip("the pages ask endpoints with curl, which is not here")
    if name.startswith("examples/"):
        reader.copy((root / name).parent)
    reader.follow(root / name)


@pytest.mark.parametrize("name", [*PAGES, *WITH_DOCKER, "examples/minimal-plugin/README.md"])
def test_files_of_examples_stand_in_a_page_as_they_are(name: str, root: Path) -> None:
    """What a page shows of a file in examples/ is the whole file."""
    for block in blocks(root / name):
        if EXAMPLES.match(block.file):
            assert block.text == (root / block.file).read_text("utf-8"), block.file


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", *PAGES, *WITH_DOCKER])
def test_links_lead_to_files(name: str, root: Path) -> None:
    """A link to a file of the repository leads somewhere."""
    page = root / name
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.timeout(900)
def test_make_demo_prints_what_the_readme_shows(root: Path) -> None:
    """The first command that a newcomer types ends with 0 and prints what the README promises."""
    shown = dict(command for block in blocks(root / "README.md") for command in commands(block))[DEMO]
    done = subprocess.run(DEMO.split(), cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert matches(shown, done.stdout), done.stdout
