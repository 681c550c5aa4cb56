"""`docs/how-to/sagemaker-sdk.md` does what it says, with version 2 of the SDK, its local mode and real containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_client import drives

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_pages import Reader
    from sdk_client import Client

pytestmark = drives(2)


def test_the_page_trains_serves_transforms_and_processes(
    base: str, client: Client, page: Callable[[Mapping[str, str]], Reader]
) -> None:
    """Each block as it is written, but for the image's name and a port that is free."""
    assert page({"byoml-base": base, "8080": str(client.port)}).follow("v2") == 3
