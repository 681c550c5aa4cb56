"""`byoml local serve`: a model served as a person does it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import console_script
from byoml.local import mount
from byoml.local.artifact import pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 50
_INFERENCE = """\
import os, pathlib

def model_fn(model_dir):
    return pathlib.Path(model_dir, "w").read_text()

def predict_fn(data, model):
    return {"by": "the model's code", "model": model, "data": data, "extra": os.environ.get("EXTRA")}
"""


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8", "SAGEMAKER_PROGRAM": "other.py", **kept}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder with its code, as a job leaves it."""
    (tmp_path / "model/code").mkdir(parents=True)
    (tmp_path / "model/w").write_text("W")
    (tmp_path / "model/code/inference.py").write_text(_INFERENCE)
    return tmp_path / "model"


def _command(*args: str) -> list[str]:
    one_worker = ("--env", "SAGEMAKER_MODEL_SERVER_WORKERS=1")
    return [console_script("byoml"), "local", "serve", "--framework", "none", *one_worker, *args]


@contextmanager
def _serving(*args: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Give the URL of the line that is printed once the endpoint is ready."""
    with subprocess.Popen(
        _command("--port", "0", *args), env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stderr
            line = process.stdout.readline()
            assert line.startswith("serving at http://"), process.stderr.read()
            yield line.removeprefix("serving at ").split(";")[0], process
        finally:
            process.terminate()
            process.communicate(timeout=_SECONDS)


def _invoke(url: str) -> Any:
    request = urllib.request.Request(f"{url}/invocations", b"[1, 2]", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        return json.loads(answer.read())


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_folder_is_served_untouched_until_a_signal(model: Path, number: signal.Signals) -> None:
    """The URL is printed when it is ready, the signal ends it with 0, and not even a cache lies in the folder."""
    before = _content(model)
    with _serving("--env", "EXTRA=1", str(model)) as (url, process):
        assert _invoke(url) == {"by": "the model's code", "model": "W", "data": [1, 2], "extra": "1"}
        process.send_signal(number)
        assert process.wait(_SECONDS) == 0
    assert _content(model) == before


def test_a_model_artifact_is_served_and_a_source_goes_before_its_code(model: Path, tmp_path: Path) -> None:
    """`model.tar.gz` is unpacked for the endpoint alone; what the command line names wins."""
    pack(model, tmp_path / "model.tar.gz")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/serve_it.py").write_text(_INFERENCE.replace("the model's code", "the source"))
    options = ("--source", str(tmp_path / "src"), "--entry-point", "serve_it.py")
    with _serving(*options, str(tmp_path / "model.tar.gz")) as (url, _):
        assert _invoke(url)["by"] == "the source"


@pytest.mark.skipif(not mount.allowed(), reason="this system lets us make no mount namespace")
def test_code_that_spells_opt_ml_works_unchanged(model: Path) -> None:
    """As on the endpoint, the model is at /opt/ml/model."""
    spelled = _INFERENCE.replace("pathlib.Path(model_dir, ", "pathlib.Path('/opt/ml/model', ")
    (model / "code/inference.py").write_text(spelled)
    with _serving(str(model)) as (url, _):
        assert _invoke(url)["model"] == "W"


def test_a_model_that_cannot_be_loaded_ends_the_command_with_the_reason(model: Path) -> None:
    """Not 0, no URL, and the user's exception is on stderr."""
    (model / "w").unlink()
    done = subprocess.run(
        _command("--port", "0", str(model)),
        env=_environ(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode not in {0, 2}
    assert done.stdout == ""
    assert "FileNotFoundError" in done.stderr
    assert "before it was ready" in done.stderr


def test_a_port_that_is_taken_is_said_before_anything_starts(model: Path) -> None:
    """Whoever answers there is not our endpoint."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            _command("--port", port, str(model)),
            env=_environ(),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    assert done.returncode == 2
    assert f"--port is {port}; it must be a port that can be listened on" in done.stderr
