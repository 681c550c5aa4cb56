"""Clients who connect together are shared out among the workers."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Endpoint

_CLIENTS = 32
_SCRIPT = """
import os

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    return str(os.getpid()), "text/plain"
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint of two workers that tell who they are."""
    container = Container(tmp_path_factory.mktemp("container"), {"BYOML_FRAMEWORK": "none"})
    container.write({"code/inference.py": _SCRIPT})
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}) as started:
        yield started


def test_no_worker_takes_all_that_connect_at_once(endpoint: Endpoint) -> None:
    """Kept connections stay with the worker that took them: all with one would leave the other idle for good."""
    clients = [http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30) for _ in range(_CLIENTS)]
    for client in clients:
        client.connect()
    workers = Counter(_worker_of(client) for client in clients)
    assert workers.total() == _CLIENTS
    assert len(workers) == 2, workers
    assert min(workers.values()) >= _CLIENTS // 4, workers


def test_who_connects_later_gets_the_worker_with_the_fewest(endpoint: Endpoint) -> None:
    """Clients come one after another, and those of one worker leave: the next ones all go there."""
    clients = [http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30) for _ in range(8)]
    workers = [_worker_of(client, close=False) for client in clients]
    left = workers[0]
    assert workers.count(left) in range(2, 7), workers
    for client, worker in zip(clients, workers, strict=True):
        if worker == left:
            client.close()
    more = [http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30) for _ in range(2)]
    assert left in {_worker_of(client, close=False) for client in more}
    for client in (*clients, *more):
        client.close()


def _worker_of(client: http.client.HTTPConnection, *, close: bool = True) -> bytes:
    client.request("POST", "/invocations", b"x", {"Content-Type": "text/plain"})
    worker = client.getresponse().read()
    if close:
        client.close()
    return worker


def test_the_kernel_keeps_as_many_connections_waiting_as_gunicorn_asks_for(endpoint: Endpoint, tmp_path: Path) -> None:
    """A hundred, as asyncio would have it, are soon there while all workers predict (H-6)."""
    if shutil.which("ss") is None:
        pytest.skip("there is no program ss, which shows a listener's queue")
    command = ["ss", "--listening", "--tcp", "--numeric", "--no-header", f"sport = :{endpoint.port}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    most = int(re.split(r"\s+", shown.strip())[2])
    allowed = int(Path("/proc/sys/net/core/somaxconn").read_text("ascii"))
    assert most == min(2048, allowed)
