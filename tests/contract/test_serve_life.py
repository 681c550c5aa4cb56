"""The life of ``serve`` as the platform sees it: where its code comes from, when it is ready, how it stops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until
from serve_process import serving, start, stop, wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

_NAMES_ITSELF = """\
import helper

def model_fn(model_dir):
    return helper.name

def predict_fn(data, model):
    return model
"""
_WAITS_FOR_A_FILE = """\
import os, time

def model_fn(model_dir):
    while not os.path.exists(os.path.join(model_dir, "go")):
        time.sleep(0.02)

def predict_fn(data, model):
    return data
"""
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def test_ping_is_503_until_the_model_is_loaded(tmp_path: Path) -> None:
    """While model_fn runs the port answers, and never with 200; once it has returned /ping is 200."""
    server = start({"inference.py": _WAITS_FOR_A_FILE}, tmp_path)
    try:
        assert wait_until(lambda: server.ping() is not None or server.process.poll() is not None, 30)
        assert [server.ping() for _ in range(20)] == [503] * 20, server.told()
        assert server.ask("POST", "/invocations", b"[1]", _JSON).status == 503
        (tmp_path / "ml/model/go").touch()
        wait_until_ready(server)
        assert server.ask("POST", "/invocations", b"[1]", _JSON).status == 200
    finally:
        stop(server)


def test_sigterm_ends_serve_with_0_within_the_platforms_30_seconds(tmp_path: Path) -> None:
    """A server that is told to stop has not failed."""
    with serving({"inference.py": _NAMES_ITSELF, "helper.py": "name = 'm'"}, tmp_path) as server:
        pass
    assert server.process.returncode == 0, server.told()


def test_sigterm_during_the_load_ends_serve(tmp_path: Path) -> None:
    """A model that is still loading does not hold the process against SIGTERM."""
    server = start({"inference.py": _WAITS_FOR_A_FILE}, tmp_path)
    try:
        assert wait_until(lambda: server.ping() == 503 or server.process.poll() is not None, 30)
    finally:
        exit_code = stop(server)
    assert exit_code == 0, server.told()


@pytest.mark.parametrize("program", ["sub/model.py", "my.model-1.py", "flask.py"])
def test_a_serving_program_may_have_any_name_in_any_folder(program: str, tmp_path: Path) -> None:
    """Folders, dots, dashes and the name of an installed package are no hindrance, and its neighbours import."""
    folder = program.rpartition("/")[0]
    helper = f"{folder}/helper.py" if folder else "helper.py"
    files = {program: _NAMES_ITSELF, helper: "name = 'neighbour'"}
    with serving(files, tmp_path, {"SAGEMAKER_PROGRAM": program}) as server:
        answer = server.ask("POST", "/invocations", b"[1]", _JSON)
    assert json.loads(answer.body) == "neighbour"


def test_a_serving_program_is_looked_for_in_the_submit_directory_first(tmp_path: Path) -> None:
    """SAGEMAKER_SUBMIT_DIRECTORY wins over the code beside the model."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "inference.py").write_text(_NAMES_ITSELF)
    (source / "helper.py").write_text("name = 'submitted'")
    beside = {"inference.py": _NAMES_ITSELF, "helper.py": "name = 'beside'"}
    with serving(beside, tmp_path, {"SAGEMAKER_SUBMIT_DIRECTORY": str(source)}) as server:
        answer = server.ask("POST", "/invocations", b"[1]", _JSON)
    assert json.loads(answer.body) == "submitted"
