"""The walkthrough examples/torch-cnn does what its page says: each command is run, and prints what is shown."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from console_pages import OwnShell, Reader, blocks, commands

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(300)

_EXAMPLE = Path(__file__).resolve().parents[3] / "examples/torch-cnn"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody in a copy of the example whose client asks the port that is free here."""
    folder = tmp_path / "torch-cnn"
    reader = Reader(OwnShell(OMP_NUM_THREADS="1"), folder)
    reader.copy(_EXAMPLE)
    ask = folder / "ask.py"
    ask.write_text(ask.read_text("utf-8").replace("8080", reader.port), encoding="utf-8")
    yield reader
    reader.stop()


def test_the_page_prints_what_it_shows(reader: Reader) -> None:
    """From data to training, to an endpoint that names digits."""
    if shutil.which("curl") is None:
        pytest.skip("the page asks the endpoint with curl, which is not here")
    page = _EXAMPLE / "README.md"
    assert len([command for block in blocks(page) for command in commands(block)]) == 6

    reader.follow(page)
