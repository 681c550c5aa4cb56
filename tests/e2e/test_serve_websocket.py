"""Bidirectional streams (contract/inference 1.9), with a real WebSocket client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Container, Endpoint

_SYNCHRONOUS = """
def model_fn(model_dir):
    return "m"

def bidirectional_fn(messages, model, context):
    yield f"{model} {context.inference_id}"
    for message in messages:
        if message == "break":
            raise ValueError("asked to")
        if message == "end":
            return
        yield {"got": message} if isinstance(message, str) else message[::-1]
    open(context.model_dir / "closed", "w").close()
"""
_ASYNCHRONOUS = """
async def bidirectional_fn(messages, model):
    async for message in messages:
        yield message.upper()
"""
_PATH = "/invocations-bidirectional-stream"


def _url(endpoint: Endpoint, path: str = _PATH) -> str:
    return f"ws://127.0.0.1:{endpoint.port}{path}"


@pytest.fixture
def endpoint(container: Container) -> Iterator[Endpoint]:
    """An endpoint whose function answers each message."""
    container.write({"model/code/inference.py": _SYNCHRONOUS})
    with container.serve(env={"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}) as running:
        yield running


def test_each_message_is_answered_as_it_comes_text_as_text_and_bytes_as_bytes(endpoint: Endpoint) -> None:
    """Frames keep their kind, fragments arrive whole, and the end of the function is a proper close (W-4)."""
    with connect(_url(endpoint), additional_headers={"X-Amzn-SageMaker-Inference-Id": "i7"}) as client:
        assert client.recv(20) == "m i7"
        client.send("hello")
        assert client.recv(20) == '{"got": "hello"}'
        client.send(b"abc")
        assert client.recv(20) == b"cba"
        client.send(["in ", "two"])
        assert client.recv(20) == '{"got": "in two"}'
        client.send("end")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


def test_an_error_of_the_function_is_the_reason_of_the_close(endpoint: Endpoint) -> None:
    """The platform makes a ModelStreamError of it (W-5)."""
    with connect(_url(endpoint)) as client:
        client.recv(20)
        client.send("break")
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv(20)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "ValueError: asked to")


def test_the_messages_end_when_the_client_goes(endpoint: Endpoint, container: Container) -> None:
    """The function can tidy up, and the endpoint goes on."""
    with connect(_url(endpoint)) as client:
        client.recv(20)
    with connect(_url(endpoint)) as client:
        client.recv(20)
        assert container.path("model/closed").exists()
        assert endpoint.ping() == 200


def test_the_path_may_be_overridden_by_the_platforms_header_and_by_nothing_else(endpoint: Endpoint) -> None:
    """An unknown path is refused before it is accepted (W-3, W-6)."""
    with pytest.raises(InvalidStatus):
        connect(_url(endpoint, "/v1/realtime"))
    headers = {"X-Amzn-SageMaker-Model-Invocation-Path": "v1/realtime"}
    with connect(_url(endpoint, "/v1/realtime"), additional_headers=headers) as client:
        assert client.recv(20) == "m None"


def test_an_asynchronous_function_converses_too(container: Container) -> None:
    """It goes through the messages with `async for`; a script without model_fn has no model."""
    container.write({"model/code/inference.py": _ASYNCHRONOUS})
    with container.serve(env={"BYOML_FRAMEWORK": "none"}) as endpoint, connect(_url(endpoint)) as client:
        client.send("loud")
        assert client.recv(20) == "LOUD"


def test_without_a_function_the_upgrade_is_refused(container: Container) -> None:
    """A client learns at once that this model does not converse."""
    container.write({"model/code/inference.py": "def predict_fn(data, model):\n    return data\n"})
    with container.serve(env={"BYOML_FRAMEWORK": "none"}) as endpoint, pytest.raises(InvalidStatus):
        connect(_url(endpoint))
