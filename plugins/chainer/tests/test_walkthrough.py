"""The walkthrough does what its page says: pictures are learned, and then named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from console_pages import OwnShell, Reader, blocks, commands

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXAMPLE = Path(__file__).resolve().parents[3] / "examples/chainer-vgg"


@pytest.fixture
def reader(shared_data: Path, tmp_path: Path) -> Iterator[Reader]:
    """Somebody in a copy of the example, with ten pictures of CIFAR-10, one of each class."""
    folder = tmp_path / "example"
    reader = Reader(OwnShell(OMP_NUM_THREADS="1"), folder)
    reader.copy(_EXAMPLE)
    shutil.copytree(shared_data / "cifar-png", folder / "pictures")
    yield reader
    reader.stop()


@pytest.mark.timeout(180)
def test_ten_pictures_are_learned_by_heart_and_named(reader: Reader) -> None:
    """Every command of the page prints what the page shows, down to the ten names."""
    page = _EXAMPLE / "README.md"
    assert len([command for block in blocks(page) for command in commands(block)]) == 5

    reader.follow(page)
