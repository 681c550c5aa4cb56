"""Answers that are sent while they are made, and asynchronous functions (contract/inference 1.8 and F-1)."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Container, Endpoint

_SCRIPT = """
import asyncio, os, time

def model_fn(model_dir):
    return model_dir

async def predict_fn(data, model):
    await asyncio.sleep(0)
    return {**data, "folder": model}

def output_fn(data, accept):
    return getattr(KINDS, data["kind"])(data)

class KINDS:
    def waits(data):
        yield b"first"
        while not os.path.exists(os.path.join(data["folder"], "go")):
            time.sleep(0.01)
        yield "second"

    async def asynchronous(data):
        for number in range(3):
            await asyncio.sleep(0)
            yield {"n": number}

    def breaks_first(data):
        raise ValueError("before")
        yield b""

    def breaks_later(data):
        yield b"good"
        raise ValueError("after")

    def endless(data):
        try:
            while True:
                yield b"x" * 1000
        finally:
            open(os.path.join(data["folder"], "closed"), "w").close()

    def plain(data):
        return b"plain"
"""


@pytest.fixture
def endpoint(container: Container) -> Iterator[Endpoint]:
    """One worker, so that a function which does not end would be seen by the next request."""
    container.write({"model/code/inference.py": _SCRIPT})
    variables = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    with container.serve(env=variables) as running:
        yield running


@contextmanager
def _asked(endpoint: Endpoint, kind: str, accept: str = "application/jsonlines") -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=20)
    headers = {"Content-Type": "application/json", "Accept": accept, "Connection": "close"}
    connection.request("POST", "/invocations", json.dumps({"kind": kind}), headers)
    with closing(connection), closing(connection.getresponse()) as response:
        yield response


def test_a_chunk_arrives_before_the_next_is_made(endpoint: Endpoint, container: Container) -> None:
    """Nothing between the function and the client waits for the end (S-2)."""
    with _asked(endpoint, "waits") as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert response.read(5) == b"first"
        container.path("model/go").touch()
        assert response.read() == b"second"


def test_an_async_generator_streams_one_line_an_item(endpoint: Endpoint) -> None:
    """Objects are written by the codec of the accepted type, a line each."""
    with _asked(endpoint, "asynchronous", "application/json") as response:
        assert [json.loads(line) for line in response.read().splitlines()] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_an_error_before_the_first_byte_is_an_ordinary_error(endpoint: Endpoint) -> None:
    """The status is still free to say so."""
    with _asked(endpoint, "breaks_first") as response:
        assert response.status == 500
        assert json.loads(response.read())["message"] == "the stream failed with ValueError: before"


@pytest.mark.parametrize(
    ("accept", "record"), [("application/jsonlines", b'\n{"error": {'), ("text/event-stream", b"event: error\ndata: {")]
)
def test_an_error_after_the_first_byte_is_told_in_the_stream_which_is_cut(
    endpoint: Endpoint, accept: str, record: bytes
) -> None:
    """The client sees what came, a record that says what broke, and no proper end of the chunks."""
    body = b'{"kind": "breaks_later"}'
    head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: {accept}\r\n"
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=20) as client:
        client.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert b"good" in received
    assert record in received
    assert b"ValueError: after" in received
    assert not received.endswith(b"0\r\n\r\n")


def test_a_function_is_closed_when_its_client_goes(endpoint: Endpoint, container: Container) -> None:
    """An endless stream ends with its reader, and the worker answers the next request."""
    with _asked(endpoint, "endless") as response:
        assert response.read(3000)
    with _asked(endpoint, "plain") as response:
        assert response.read() == b"plain"
    assert container.path("model/closed").exists()
