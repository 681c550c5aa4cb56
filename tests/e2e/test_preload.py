"""User code that is loaded before the workers fork, where a variable asks for it, and who answers meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until
from byoml.testing.container import Container

if TYPE_CHECKING:
    from pathlib import Path

_NAMES_PROCESSES = """\
import os

def model_fn(model_dir):
    return os.getpid()

def predict_fn(data, model):
    return [model, os.getpid(), os.getppid()]
"""
_WAITS = """\
import os, time

def model_fn(model_dir):
    open(os.path.join(model_dir, "loading"), "w").close()
    while not os.path.exists(os.path.join(model_dir, "go")):
        time.sleep(0.01)
"""
_ASKED = {
    "BYOML_FRAMEWORK": "none",
    "BYOML_PRELOAD": "1",
    "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def container_with(tmp_path: Path, script: str) -> Container:
    container = Container(tmp_path, _ASKED)
    container.write({"model/code/inference.py": script})
    return container


def wait_for(path: Path) -> None:
    assert wait_until(path.exists, 30), path


@pytest.mark.parametrize("asked", [True, False])
def test_user_code_is_loaded_before_the_fork_only_if_asked(tmp_path: Path, asked: bool) -> None:  # noqa: FBT001  parameter
    """With BYOML_PRELOAD=1 the model is the server's, which all workers inherit; without, each loads its own."""
    container = container_with(tmp_path, _NAMES_PROCESSES)
    with container.serve({} if asked else {"BYOML_PRELOAD": ""}) as endpoint:
        loaded_in, worker, server = endpoint.invoke("[]", "application/json", "application/json").json()
        assert loaded_in == (server if asked else worker)
        assert server == endpoint.process.pid


def test_asking_is_refused_aloud_where_workers_have_several_threads(tmp_path: Path) -> None:
    """Such a model could hang in the workers; the line in the log says which variable is in the way."""
    container = container_with(tmp_path, _NAMES_PROCESSES)
    with container.serve({"OMP_NUM_THREADS": "3"}) as endpoint:
        loaded_in, worker, _ = endpoint.invoke("[]", "application/json", "application/json").json()
        assert loaded_in == worker
        assert b"BYOML_PRELOAD=1 is ignored" in endpoint.stderr()
        assert b"OMP_NUM_THREADS=3" in endpoint.stderr()


def test_the_port_answers_503_while_the_model_is_loaded(tmp_path: Path) -> None:
    """To pings and to all else, in the form that errors have; afterwards the same port predicts (H-12)."""
    container = container_with(tmp_path, _WAITS)
    with container.serve(ready=False) as endpoint:
        wait_for(container.path("model/loading"))
        assert [endpoint.ping() for _ in range(3)] == [503] * 3
        answer = endpoint.invoke("[1]", "application/json", "application/json")
        assert (answer.status, answer.json()["type"]) == (503, "ModelNotReady")
        assert answer.headers["retry-after"] == "1"
        container.path("model/go").touch()
        endpoint.wait_ready()
        assert endpoint.ping() == 200


def test_a_stop_while_the_model_is_loaded_is_heeded(tmp_path: Path) -> None:
    """SIGTERM ends the loading, the process that answers meanwhile, and the server with exit code 0."""
    container = container_with(tmp_path, _WAITS)
    with container.serve(ready=False) as endpoint:
        wait_for(container.path("model/loading"))
        endpoint.process.terminate()
        assert endpoint.process.wait(10) == 0
        assert endpoint.ping() == 0


@pytest.mark.parametrize("preload", ["1", "0"])
def test_a_load_that_takes_too_long_ends_the_container(tmp_path: Path, preload: str) -> None:
    """After SAGEMAKER_STARTUP_TIMEOUT seconds, wherever the model is loaded; until then the port answers 503."""
    container = container_with(tmp_path, _WAITS)
    with container.serve({"BYOML_PRELOAD": preload, "SAGEMAKER_STARTUP_TIMEOUT": "1.5"}, ready=False) as endpoint:
        wait_for(container.path("model/loading"))
        assert endpoint.ping() in {503, 0}
        assert endpoint.process.wait(20) == 1
        last = endpoint.stderr().decode().strip().splitlines()[-1]
        assert "the model cannot be loaded" in last
        assert "SAGEMAKER_STARTUP_TIMEOUT" in last


def test_a_limit_for_the_load_must_be_a_number(tmp_path: Path) -> None:
    """It is told before anything is loaded."""
    container = container_with(tmp_path, _WAITS)
    with container.serve({"SAGEMAKER_STARTUP_TIMEOUT": "soon"}, ready=False) as endpoint:
        assert endpoint.process.wait(20) == 1
        assert b"SAGEMAKER_STARTUP_TIMEOUT is 'soon'" in endpoint.stderr()
        assert not container.path("model/loading").exists()
