"""Functions that do what no function should: the client gets an error, the next request its answer."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Answer, Endpoint

# The header `x-ask` says what is done.
_SCRIPT = """
import asyncio, sys
import byoml

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept, context):
    return getattr(Does, context.headers["x-ask"])(context)

def execution_parameters_fn():
    sys.exit(3)

class Does:
    def well(context):
        return "well", "text/plain"

    def exits(context):
        sys.exit(3)

    def interrupts(context):
        raise KeyboardInterrupt

    def cancels(context):
        raise asyncio.CancelledError("never mind")

    def exits_in_a_stream(context):
        yield b"first"
        sys.exit(3)

    def splits_a_header(context):
        context.set_header("X-Mine", "1\\r\\nX-Evil: 2")
        return "x", "text/plain"

    def splits_the_type(context):
        return "x", "text/plain\\r\\nX-Evil: 2"

    def splits_an_error(context):
        raise byoml.HTTPError(409, "split\\r\\nit", {"X-Mine": "1\\r\\nX-Evil: \\u20ac"})

    def says_how_it_is_sent(context):
        for name in ("Content-Length", "Transfer-Encoding", "Connection"):
            context.set_header(name, "1")
        context.set_header("X-Mine", 5)
        return bytearray(b"well"), "text/plain"

    def has_no_such_status(context):
        context.set_status(99)
        return "x", "text/plain"

    def fails_with_success(context):
        raise byoml.HTTPError(200, "fine")
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One worker with one thread: whoever ends it is missed."""
    container = Container(tmp_path_factory.mktemp("odd"), {"BYOML_FRAMEWORK": "none"})
    container.write({"model/code/inference.py": _SCRIPT})
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "1", "SAGEMAKER_MODEL_SERVER_TIMEOUT": "20"}) as running:
        yield running


def _ask(endpoint: Endpoint, what: str) -> Answer:
    answer = endpoint.invoke(b"x", "a/b", headers={"X-Ask": what})
    assert "x-evil" not in answer.headers
    return answer


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("exits", "transform_fn failed with SystemExit: 3"),
        ("interrupts", "transform_fn failed with KeyboardInterrupt"),
        ("cancels", "transform_fn failed with CancelledError: never mind"),
        ("splits_a_header", "Invalid response header"),
        ("splits_the_type", "Invalid response header"),
        ("has_no_such_status", "the answer's status is 99; it must be a number from 200 to 599"),
        ("fails_with_success", "the status of HTTPError is 200; it must be a number from 400 to 599"),
    ],
)
def test_what_a_function_must_not_do_is_a_500_that_says_it(endpoint: Endpoint, what: str, told: str) -> None:
    """Nothing of it ends the thread that predicts, or becomes a header that nobody has written."""
    answer = _ask(endpoint, what)
    assert (answer.status, answer.json()["type"]) == (500, "UserCodeError")
    assert told in answer.json()["message"]
    assert _ask(endpoint, "well").text == "well"


def test_a_stream_that_exits_ends_with_an_error(endpoint: Endpoint) -> None:
    """As one that raises anything else (contract/inference S-2)."""
    with pytest.raises(http.client.IncompleteRead) as cut:
        _ask(endpoint, "exits_in_a_stream")
    assert cut.value.partial.startswith(b"first")
    assert b"SystemExit: 3" in cut.value.partial
    assert _ask(endpoint, "well").text == "well"


def test_headers_of_an_error_cannot_be_split(endpoint: Endpoint) -> None:
    """Status and message are the function's; what no header can hold is left out of it."""
    answer = _ask(endpoint, "splits_an_error")
    assert (answer.status, answer.headers["x-mine"]) == (409, "1??X-Evil: ?")
    assert answer.json()["message"] == "split\r\nit"


def test_how_an_answer_is_sent_is_the_servers_matter(endpoint: Endpoint) -> None:
    """Headers that were copied from another answer do not cut this one."""
    answer = _ask(endpoint, "says_how_it_is_sent")
    assert (answer.text, answer.headers["content-length"], answer.headers["x-mine"]) == ("well", "4", "5")
    assert "transfer-encoding" not in answer.headers


def test_a_function_for_batch_transforms_that_exits_leaves_the_worker_alive(endpoint: Endpoint) -> None:
    """It runs in a thread of the event loop, which it would end."""
    answer = endpoint.request("GET", "/execution-parameters")
    assert (answer.status, answer.json()["type"]) == (500, "UserCodeError")
    assert _ask(endpoint, "well").text == "well"
    assert endpoint.ping() == 200
