"""`docs/how-to/sagemaker-sdk.md` does what it says, with version 2 of the SDK, its local mode and real containers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from python_pages import Reader
from sdk_client import version

if TYPE_CHECKING:
    from sdk_client import Client

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "sagemaker-sdk.md"

pytestmark = [
    pytest.mark.skipif(version() != 2, reason="version 2 of the SageMaker SDK is not installed"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # The SDK closes no pipe to docker-compose.
    pytest.mark.timeout(300),
]


def test_the_page_trains_serves_transforms_and_processes(
    base: str, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block as it is written, but for the image's name and a port that is free."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("1\n2\n3\n")
    reader = Reader(_PAGE, {"byoml-base": base, "8080": str(client.port)})
    reader.lay_files(tmp_path)

    assert reader.follow("v2") == 3
