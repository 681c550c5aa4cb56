"""The endpoint when it is asked too much: too large, too slow, too many, killed or told to stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from blackbox import wait_until
from serve_process import Answer, Server, serving, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The request names a file: it is answered once the file is there, so that tests order events without a clock.
_WAITS = """\
import os, time

def model_fn(model_dir):
    return model_dir

def predict_fn(data, model):
    name = os.path.join(model, data["wait"])
    open(name + ".seen", "w").close()
    while not os.path.exists(name):
        time.sleep(0.01)
    return [os.getpid()]
"""
_NAMES_ITS_PROCESS = """\
import os

def model_fn(model_dir):
    return 1

def predict_fn(data, model):
    return [os.getpid()]
"""
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@contextmanager
def _serving(folder: Path, script: str = _WAITS, **variables: str) -> Iterator[Server]:
    with serving({"inference.py": script}, folder, variables) as server:
        try:
            yield server
        finally:
            for name in ("a", "b", "c"):
                (folder / "ml/model" / name).touch()


def _invoke(server: Server, wait: str) -> Answer:
    return server.ask("POST", "/invocations", json.dumps({"wait": wait}).encode(), _JSON)


def _seen(folder: Path, name: str) -> bool:
    return wait_until((folder / "ml/model" / f"{name}.seen").exists, 20)


def _error(answer: Answer) -> tuple[int, str]:
    error = json.loads(answer.body)
    assert error["code"] == answer.status
    assert error["request_id"]
    return answer.status, error["type"]


def test_a_body_over_the_limit_is_413_whatever_its_framing(tmp_path: Path) -> None:
    """With a length it is refused unread, without one as soon as it grows too large; the message has the limit."""
    with _serving(tmp_path, BYOML_MAX_BODY_MB="1") as server:
        known = server.ask("POST", "/invocations", b"0" * (2**20 + 1), _JSON)
        assert _error(known) == (413, "PayloadTooLarge")
        assert str(2**20) in json.loads(known.body)["message"]
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        chunks = (b"0" * 2**16 for _ in range(17))
        connection.request("POST", "/invocations", chunks, _JSON, encode_chunked=True)
        assert connection.getresponse().status == 413
        connection.close()


def test_a_prediction_over_its_time_is_504_and_ping_answers_beside_it(tmp_path: Path) -> None:
    """The client is told; /ping never queues behind a prediction."""
    variables = {"SAGEMAKER_MODEL_SERVER_TIMEOUT": "1", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    with _serving(tmp_path, **variables) as server, ThreadPoolExecutor() as pool:
        answer = pool.submit(_invoke, server, "a")
        assert _seen(tmp_path, "a")
        assert server.ping() == 200
        assert _error(answer.result()) == (504, "PredictionTimeout")


def test_a_full_queue_is_503_with_retry_after(tmp_path: Path) -> None:
    """One predicts, one waits; the third is told to come again."""
    variables = {"BYOML_QUEUE_LIMIT": "1", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    with _serving(tmp_path, **variables) as server, ThreadPoolExecutor() as pool:
        first = pool.submit(_invoke, server, "a")
        assert _seen(tmp_path, "a")
        others = [pool.submit(_invoke, server, "a") for _ in range(2)]
        assert wait_until(lambda: any(other.done() for other in others), 20)
        refused = next(other.result() for other in others if other.done())
        assert _error(refused) == (503, "Overloaded")
        assert refused.headers["retry-after"] == "1"
        (tmp_path / "ml/model/a").touch()
        assert sorted(answer.result().status for answer in [first, *others]) == [200, 200, 503]


def test_sigterm_answers_what_is_in_flight_and_does_not_wait_for_idle_connections(tmp_path: Path) -> None:
    """The request gets its answer, then the server ends though a client keeps its connection open."""
    with _serving(tmp_path) as server, ThreadPoolExecutor() as pool:
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        idle.request("GET", "/ping")
        idle.getresponse().read()
        answer = pool.submit(_invoke, server, "a")
        assert _seen(tmp_path, "a")
        server.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: server.ping() is None, 20)
        assert not answer.done()
        (tmp_path / "ml/model/a").touch()
        assert answer.result().status == 200
        assert server.process.wait(10) == 0
        idle.close()


def test_a_killed_worker_is_replaced_while_the_other_serves(tmp_path: Path) -> None:
    """A worker that dies takes its own request with it and nothing else; the log says what may help (7-31)."""
    with _serving(tmp_path, _NAMES_ITS_PROCESS) as server:

        def pids() -> set[int]:
            answers = [server.ask("POST", "/invocations", b"[1]", _JSON) for _ in range(20)]
            assert {answer.status for answer in answers} == {200}
            return {json.loads(answer.body)[0] for answer in answers}

        assert wait_until(lambda: len(pids()) == 2, 20)
        killed = min(pids())
        os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: len(pids() - {killed}) == 2, 20)
        assert f"worker {killed} was killed by SIGKILL while it served: most probably the memory" in server.told()
        assert "set SAGEMAKER_MODEL_SERVER_WORKERS to fewer workers" in server.told()


def test_a_model_that_cannot_be_loaded_ends_the_container_and_says_why_last(tmp_path: Path) -> None:
    """Failing fast beats an endpoint that is in service and answers nothing (contract/inference L-5)."""
    server = start({"inference.py": "def model_fn(model_dir):\n    raise RuntimeError('no weights')\n"}, tmp_path)
    try:
        assert server.process.wait(30) == 1
        assert "RuntimeError: no weights" in server.told()
    finally:
        server.process.kill()
        server.process.wait()


def test_a_traceback_goes_to_the_log_with_the_request_s_id_and_never_to_the_client(tmp_path: Path) -> None:
    """The client gets one sentence, and the id by which the log can be searched (contract/inference H-44)."""
    script = "def model_fn(d):\n    return 1\n\ndef predict_fn(data, model):\n    raise ValueError('bad luck')\n"
    with _serving(tmp_path, script) as server:
        headers = {**_JSON, "X-Amzn-SageMaker-Inference-Id": "id-42"}
        answer = server.ask("POST", "/invocations", b"[1]", headers)
        error = json.loads(answer.body)
        assert (answer.status, error["type"], error["request_id"]) == (500, "UserCodeError", "id-42")
        assert error["message"] == "predict_fn failed with ValueError: bad luck"
        assert "Traceback" in server.told()
        assert "predict_fn failed with ValueError: bad luck request_id=id-42 inference_id=id-42" in server.told()
