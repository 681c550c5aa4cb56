"""`docs/how-to/images.md` does what it says, on the base image of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from built_images import BASE_IMAGE, certificates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.image.docker import Docker

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("context")
def test_the_page_builds_tries_examines_and_keeps(
    docker: Docker, read: Callable[[Path, Path, Mapping[str, str]], None], tmp_path: Path
) -> None:
    """Each command as it is written, but for the names of images and what the network here asks for."""
    assert docker.program
    (tmp_path / "dist").symlink_to(_ROOT / "dist")
    authority = certificates()
    here = f"byoml image build --base-image {BASE_IMAGE}" + (f" --ca-file {authority}" if authority else "")
    read(_ROOT / "docs/how-to/images.md", tmp_path, {"byoml image build": here, "curve:": "byoml-test/page:"})
