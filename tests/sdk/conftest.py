"""A real `serve` that answers with what it has read, and the real SageMaker SDK as its client."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from built_images import base, build, context, docker, xgboost
from python_pages import Reader
from sdk_client import client, storage
from serve_process import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from serve_process import Answer

__all__ = ["base", "build", "client", "context", "docker", "sdk", "send", "storage", "xgboost"]

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "sagemaker-sdk.md"
_SCRIPT = """
def model_fn(model_dir):
    return None

def predict_fn(data, model):
    return data.toarray() if hasattr(data, "toarray") else data
"""


class Sdk(NamedTuple):
    """The modules of the SDK that say what goes over the wire."""

    serializers: Any
    deserializers: Any
    records: Any


@pytest.fixture(scope="session")
def sdk() -> Sdk:
    """The installed SDK, loaded here as it takes its time and warns of much."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it and its libraries warn of is not ours
        from sagemaker import deserializers, serializers
        from sagemaker.amazon import common
    return Sdk(serializers, deserializers, common)


@pytest.fixture(scope="session")
def send(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Any, str, str], Answer]]:
    """Sends what a serializer made, by its content type, to a server that answers with the data it has read."""
    with serving({"inference.py": _SCRIPT}, tmp_path_factory.mktemp("sdk")) as server:

        def post(body: Any, content_type: str, accept: str) -> Answer:
            data = body.read() if hasattr(body, "read") else body
            data = data.encode() if isinstance(data, str) else bytes(data)
            return server.ask("POST", "/invocations", data, {"Content-Type": content_type, "Accept": accept})

        yield post


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], Reader]:
    """Opens the page on the SDK, some of its words replaced, in a folder with the data and the files of the page."""

    def open_page(words: Mapping[str, str]) -> Reader:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "rows.csv").write_text("1\n2\n3\n")
        reader = Reader(_PAGE, words)
        reader.lay_files(tmp_path)
        return reader

    return open_page
