"""How an endpoint stops: what it tells, whom it still answers, what it cuts, what a script may do at the end (L-6)."""

from __future__ import annotations

import http.client
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until
from serve_process import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCRIPT = """\
import os, time

def _note(model, word):
    with open(os.path.join(model, "notes"), "a") as notes:
        notes.write(f"{word} {os.getpid()}\\n")

def model_fn(model_dir):
    return model_dir

def predict_fn(data, model):
    if data == "stream":
        return _endless(model)
    _note(model, "began")
    while not os.path.exists(os.path.join(model, "go")):
        time.sleep(0.01)
    _note(model, "answered")
    return [1]

def _endless(model):
    try:
        while True:
            yield {"a": 1}
            time.sleep(0.05)
    finally:
        _note(model, "closed")

def shutdown_fn(model):
    _note(model, "shutdown")
    raise RuntimeError("too late")
"""
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@contextmanager
def _serving(folder: Path, **variables: str) -> Iterator[Server]:
    with serving({"inference.py": _SCRIPT}, folder, variables) as server:
        try:
            yield server
        finally:
            (folder / "ml/model/go").touch()


def _notes(folder: Path) -> list[str]:
    notes = folder / "ml/model/notes"
    return notes.read_text().split()[::2] if notes.exists() else []


def _status(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/ping")
    response = connection.getresponse()
    response.read()
    return response.status


def test_ping_is_503_from_the_stop_on_while_what_is_in_flight_is_answered(tmp_path: Path) -> None:
    """Who keeps a connection, and who makes a new one in the first second, learns to go elsewhere; none is cut."""
    with _serving(tmp_path, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server, ThreadPoolExecutor() as pool:
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        assert _status(kept) == 200
        answer = pool.submit(server.ask, "POST", "/invocations", b'"wait"', _JSON)
        assert wait_until(lambda: _notes(tmp_path) == ["began"], 20)
        server.process.send_signal(signal.SIGTERM)
        seen = list(iter(server.ping, None))
        assert 503 in seen
        assert 200 not in seen[seen.index(503) :]
        assert _status(kept) == 503, "though nobody is let in any more"
        assert not answer.done()
        (tmp_path / "ml/model/go").touch()
        assert answer.result().status == 200
        assert server.process.wait(20) == 0
        kept.close()


def test_a_stream_that_takes_too_long_gets_a_last_record(tmp_path: Path) -> None:
    """After BYOML_DRAIN_SECONDS; the client can tell it from an end, the function is closed, the server ends with 0."""
    variables = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", "BYOML_DRAIN_SECONDS": "0.5"}
    with _serving(tmp_path, **variables) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        headers = {**_JSON, "Connection": "close"}
        connection.request("POST", "/invocations", b'"stream"', headers)
        with closing(connection), closing(connection.getresponse()) as response:
            assert response.readline() == b'{"a": 1}\n'
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(http.client.IncompleteRead) as cut:
                response.read()
        told = next(json.loads(line) for line in cut.value.partial.splitlines() if b"error" in line)
        assert (told["error"]["code"], told["error"]["type"]) == (503, "Stopping")
        assert server.process.wait(20) == 0
        assert _notes(tmp_path) == ["closed", "shutdown"]


def test_a_script_s_function_for_the_end_is_called_in_each_worker(tmp_path: Path) -> None:
    """Once, with the model, after the last answer; one that fails is in the log and changes nothing."""
    with _serving(tmp_path) as server, ThreadPoolExecutor() as pool:
        answer = pool.submit(server.ask, "POST", "/invocations", b'"wait"', _JSON)
        assert wait_until(lambda: _notes(tmp_path) == ["began"], 20)
        server.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: "shutdown" in _notes(tmp_path), 20), "the worker that is idle ends first"
        (tmp_path / "ml/model/go").touch()
        assert answer.result().status == 200
        start_of_end = time.monotonic()
        assert server.process.wait(20) == 0
        assert time.monotonic() - start_of_end < 5
    assert _notes(tmp_path) == ["began", "shutdown", "answered", "shutdown"]
    assert len(set((tmp_path / "ml/model/notes").read_text().split()[1::2])) == 2
    assert "RuntimeError: too late" in server.told()
