"""pytest's door to the test kit; every pytest run with byoml installed loads it, so it imports next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import Container

__all__ = ["container"]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """Give an empty container for black-box tests of `train` and `serve`."""
    from byoml.testing.container import Container

    return Container(tmp_path / "container")
