"""What the platform sends beside the body, and what the container is told by variables (contract/inference 1 and 2)."""

from __future__ import annotations

import http.client
import json
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from byoml.testing.container import Container
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Endpoint

_JSON = "application/json"
_OCTETS = "application/octet-stream"
_PREFIX = "X-Amzn-SageMaker-"
# The header `x-ask` says what is wanted; the answer is always JSON.
_TELLS = """
import json, os, pathlib, time

def model_fn(model_dir):
    with pathlib.Path(model_dir, "loads").open("a") as loads:
        loads.write(f"{os.getpid()}\\n")
    return 1

def transform_fn(model, data, content_type, accept, context):
    asked = context.headers.get("x-ask")
    if asked == "stream":
        return items()
    if asked == "status":
        context.set_status(202)
        context.set_header("X-Amzn-SageMaker-Custom-Attributes", "seen=1")
        context.set_header("X-Mine", "2")
    told = {
        "type": content_type, "accept": accept, "length": len(data), "environ": dict(os.environ),
        "headers": dict(context.headers), "id": context.inference_id, "attributes": context.custom_attributes,
        "model": context.target_model, "session": context.session_id, "request": context.request_id,
    }
    return json.dumps(told), "application/json"

def items():
    for number in range(5):
        time.sleep(0.4)
        yield f"{number}\\n"

def bidirectional_fn(messages, model, context):
    for message in messages:
        yield f"{message} {context.headers.get('x-amzn-sagemaker-model-query-string')}"
"""
_TOLD = {
    "BYOML_FRAMEWORK": "none",
    "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT": "1",
    "SAGEMAKER_STARTUP_TIMEOUT": "5",
    "SAGEMAKER_MODEL_SERVER_VMARGS": "-Xmx1g",
    "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
    "SAGEMAKER_SAFE_PORT_RANGE": "21000-21999",
    "SAGEMAKER_REGION": "eu-west-3",
    "MAX_CONTENT_LENGTH": "6291456",
    "OMP_NUM_THREADS": "7",
}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Container, Endpoint]]:
    """One endpoint for all tests that only ask it."""
    container = Container(tmp_path_factory.mktemp("told"), _TOLD)
    container.write({"model/code/inference.py": _TELLS})
    with container.serve() as running:
        yield container, running


@pytest.fixture
def endpoint(serving: tuple[Container, Endpoint]) -> Endpoint:
    return serving[1]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_ping_is_answered_whatever_the_method(endpoint: Endpoint, method: str) -> None:
    """200 and nothing else (H-13)."""
    answer = endpoint.request(method, "/ping")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/elsewhere", 404), ("PUT", "/invocations", 405)])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_request_that_is_refused_by_its_head_alone_may_still_send_its_body(
    endpoint: Endpoint, method: str, path: str, status: int, *, chunked: bool
) -> None:
    """The client sends all of it, then reads why it was refused; the connection goes on."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=20)
    pieces = [b"0" * 2**20] * 32
    headers = {} if chunked else {"Content-Length": str(32 * 2**20)}
    connection.request(method, path, iter(pieces), headers, encode_chunked=chunked)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (status, status)
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200
    connection.close()


def test_who_asks_before_it_sends_is_refused_at_once(endpoint: Endpoint) -> None:
    """Expect: 100-continue is answered by the refusal, and the body is never sent."""
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=20) as client:
        client.sendall(b"POST /elsewhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_each_worker_loads_the_model_once_whatever_is_asked(serving: tuple[Container, Endpoint]) -> None:
    """Neither pings nor requests load (H-14)."""
    container, endpoint = serving
    assert {endpoint.ping() for _ in range(30)} == {200}
    assert {endpoint.invoke(b"x", _OCTETS).status for _ in range(30)} == {200}
    pids = container.path("model/loads").read_text(encoding="utf-8").split()
    assert len(pids) == len(set(pids)) == 2


def test_all_that_the_platform_sends_reaches_the_function(endpoint: Endpoint) -> None:
    """Every header, known or not, by its name; the usual ones as attributes too (H-22, H-30)."""
    sent = {
        f"{_PREFIX}Custom-Attributes": 'route=/a; b="c"',
        f"{_PREFIX}Inference-Id": "id-1",
        f"{_PREFIX}Target-Model": "m.tar.gz",
        f"{_PREFIX}Target-Variant": "blue",
        f"{_PREFIX}Target-Container-Hostname": "second",
        f"{_PREFIX}Inference-Component": "component",
        f"{_PREFIX}Enable-Explanations": "`true`",
        f"{_PREFIX}Session-Id": "NEW_SESSION",
        f"{_PREFIX}Not-Known-Yet": "?",
        "X-Odd": "1",
        "User-Agent": "AHC/2.0",
        "Host": "model.aws.local:8080",
    }
    told = json.loads(endpoint.invoke(b"x", _OCTETS, headers=sent).body)
    assert told["headers"].items() >= {name.lower(): value for name, value in sent.items()}.items()
    assert (told["id"], told["request"]) == ("id-1", "id-1")
    assert (told["attributes"], told["model"], told["session"]) == ('route=/a; b="c"', "m.tar.gz", "NEW_SESSION")


def test_a_function_sets_status_and_headers_and_nothing_is_echoed(endpoint: Endpoint) -> None:
    """Custom attributes go back where the function sets them, and only there (1.4)."""
    name = f"{_PREFIX}Custom-Attributes"
    quiet = endpoint.invoke(b"x", _OCTETS, headers={name: "mine"})
    assert not [header for header in quiet.headers if header.startswith("x-amzn")]
    said = endpoint.invoke(b"x", _OCTETS, headers={name: "mine", "X-Ask": "status"})
    assert (said.status, said.headers[name.lower()], said.headers["x-mine"]) == (202, "seen=1", "2")


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "Content-type", "ContentType", "contenttype"])
def test_the_content_type_may_be_spelled_as_clients_do(endpoint: Endpoint, name: str) -> None:
    """With a dash or without, in any case (1.4)."""
    assert json.loads(endpoint.invoke(b"x", headers={name: "image/x-mine"}).body)["type"] == "image/x-mine"


@pytest.mark.parametrize("accept", [None, "*/*"])
def test_the_default_accept_is_what_the_variable_says(endpoint: Endpoint, accept: str | None) -> None:
    """Where the client does not say what it wants (2.1)."""
    assert json.loads(endpoint.invoke(b"x", _OCTETS, accept).body)["accept"] == "text/csv"


def test_a_body_may_come_in_chunks(endpoint: Endpoint) -> None:
    """Async and batch send large bodies without a length (H-21)."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=20)
    chunks = (b"0" * 2**16 for _ in range(100))
    connection.request("POST", "/invocations", chunks, {"Content-Type": _OCTETS}, encode_chunked=True)
    told = json.loads(connection.getresponse().read())
    connection.close()
    assert told["length"] == 100 * 2**16
    assert told["headers"]["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("megabytes", [25, 100])
def test_bodies_of_the_platforms_size_pass(endpoint: Endpoint, megabytes: int) -> None:
    """25 MB in real time, 100 MB in batch; the old container's MAX_CONTENT_LENGTH of 6 MiB lowers nothing (H-20)."""
    answer = endpoint.invoke(bytes(megabytes * 2**20), _OCTETS)
    assert json.loads(answer.body)["length"] == megabytes * 2**20


def test_a_worker_is_told_of_model_region_and_its_share_of_the_cores(serving: tuple[Container, Endpoint]) -> None:
    """As user code and libraries look for it; what the user sets stays (2.1, 2.2)."""
    container, endpoint = serving
    told = json.loads(endpoint.invoke(b"x", _OCTETS).body)["environ"]
    assert told["SM_MODEL_DIR"] == str(container.paths.model)
    assert told["AWS_DEFAULT_REGION"] == "eu-west-3"
    assert told["OMP_NUM_THREADS"] == "7"
    assert int(told["MKL_NUM_THREADS"]) >= 1


def test_a_method_that_a_path_does_not_take_is_405_with_those_that_it_takes(endpoint: Endpoint) -> None:
    """In the header that HTTP has for it, beside the error's usual form (contract/inference 1.5)."""
    answer = endpoint.request("GET", "/invocations")
    assert (answer.status, answer.headers["allow"], answer.json()["type"]) == (405, "POST", "MethodNotAllowed")


def test_flags_for_java_are_ignored_with_a_warning(endpoint: Endpoint) -> None:
    """The endpoint serves, and its log says that they do nothing (2.1)."""
    assert b"SAGEMAKER_MODEL_SERVER_VMARGS is ignored" in endpoint.stderr()


def test_there_is_one_listener_on_the_port_that_was_said(endpoint: Endpoint) -> None:
    """No other port is taken, inside the safe range or outside (H-5, 2.1)."""
    assert _listening(endpoint.process.pid) == {endpoint.port}


def _listening(leader: int) -> set[int]:
    """The TCP ports on which the processes of a session listen."""
    sockets = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[3]) == leader:
                sockets |= {link.readlink().name for link in (folder / "fd").iterdir()}
        except OSError:  # it has ended
            continue
    lines = [line.split() for name in ("tcp", "tcp6") for line in _table(name)]
    listening = [line for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets]
    return {int(line[1].rpartition(":")[2], 16) for line in listening}


def _table(name: str) -> list[str]:
    path = Path("/proc/net", name)
    return path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []


def test_a_stream_may_last_longer_than_a_prediction(endpoint: Endpoint) -> None:
    """The timeout, 1 s here, is that of the first byte: streams have 8 minutes (1.3, H-23)."""
    answer = endpoint.invoke(b"x", _OCTETS, headers={"X-Ask": "stream"})
    assert answer.body.decode().split() == ["0", "1", "2", "3", "4"]


def test_a_conversation_may_last_and_pings_are_answered(endpoint: Endpoint) -> None:
    """Its time is not that of a prediction, and the platform's pings have their pongs (1.3, 1.4, W-5)."""
    headers = {f"{_PREFIX}Model-Invocation-Path": "v1/talk", f"{_PREFIX}Model-Query-String": "a=b"}
    with connect(f"ws://127.0.0.1:{endpoint.port}/v1/talk", additional_headers=headers) as client:
        client.send("first")
        assert client.recv(20) == "first a=b"
        time.sleep(1.5)
        assert client.ping().wait(20)
        client.send("second")
        assert client.recv(20) == "second a=b"


@pytest.mark.parametrize(("level", "told"), [("20", True), ("INFO", True), ("30", False), ("warning", False)])
def test_the_log_level_is_a_number_or_a_name(container: Container, level: str, *, told: bool) -> None:
    """The SDK sends numbers, people write names (2.1)."""
    container.write({"model/code/inference.py": "def predict_fn(data, model):\n    return data\n"})
    with container.serve(env={"BYOML_FRAMEWORK": "none", "SAGEMAKER_CONTAINER_LOG_LEVEL": level}) as endpoint:
        assert (b"model loaded" in endpoint.stderr()) is told


def test_an_explainer_sends_many_rows_in_one_request(container: Container) -> None:
    """Each of its synthetic rows has its own prediction, in order (1.4)."""
    container.write({"model/code/inference.py": "def predict_fn(data, model):\n    return data.sum(axis=1)\n"})
    rows = "".join(f"{number},1\n" for number in range(5000))
    headers = {f"{_PREFIX}Enable-Explanations": "`true`"}
    with container.serve(env={"BYOML_FRAMEWORK": "none"}) as endpoint:
        answer = endpoint.invoke(rows, "text/csv", "application/json", headers)
    assert json.loads(answer.body) == [number + 1 for number in range(5000)]


def test_functions_may_be_written_in_any_way_that_python_knows(container: Container) -> None:
    """Asynchronous, with defaults, starred arguments, a context by keyword only, or an object with `self` (F-1)."""
    script = """
import functools

class Reads:
    def __call__(self, input_data, content_type):
        return input_data

def _adds(data, model, more=1):
    return f"{data} {model} {more}"

def model_fn(*args, **kwargs):
    return len(args)

input_fn = Reads()
predict_fn = functools.partial(_adds, more=2)

async def output_fn(prediction, accept, *, context, end="!"):
    return f"{prediction} {context.inference_id}{end}"
"""
    container.write({"model/code/inference.py": script})
    with container.serve(env={"BYOML_FRAMEWORK": "none"}) as endpoint:
        answer = endpoint.invoke("read", "text/csv", "text/plain", {f"{_PREFIX}Inference-Id": "id"})
    assert answer.text == "read 1 2 id!"
