"""The container that plugin authors test with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from byoml.local.errors import EndpointError

if TYPE_CHECKING:
    from byoml.testing.container import Container

_DUMP = """\
import json, os, sys
from pathlib import Path
Path(os.environ["SM_MODEL_DIR"], "env.json").write_text(json.dumps(dict(os.environ)))
print("out")
print("err", file=sys.stderr)
"""
_WAITS = """\
import os, signal
from pathlib import Path
Path(os.environ["SM_MODEL_DIR"], "ready").touch()
signal.pause()
"""
_ECHO = """\
def model_fn(model_dir):
    return None

def predict_fn(data, model):
    return data
"""
_NONE = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}


def test_files_are_written_as_text_bytes_or_json(container: Container) -> None:
    """By the kind of the content, folders included."""
    container.write(
        {"code/a.py": "pass", "input/data/train/x": b"\xff", "input/config/hyperparameters.json": {"a": "1"}}
    )
    assert container.path("code", "a.py").read_text() == "pass"
    assert container.path("input/data/train/x").read_bytes() == b"\xff"
    assert json.loads(container.path("input/config/hyperparameters.json").read_text()) == {"a": "1"}


def test_train_tells_how_it_ended(container: Container) -> None:
    """Both streams apart, the exit code, and the failure file."""
    container.write({"code/train.py": f"{_DUMP}raise ValueError('no')"})
    outcome = container.train(_NONE)
    assert (outcome.exit_code, outcome.stdout) == (1, b"out\n")
    assert outcome.stderr.startswith(b"byoml INFO")
    assert b"\nerr\n" in outcome.stderr
    assert outcome.failure is not None
    assert outcome.failure.startswith("ValueError: no\n")


def test_nothing_of_the_caller_reaches_the_program(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test must not depend on the shell it is run from, least of all on a shell inside a container."""
    for name in ("SAGEMAKER_PROGRAM", "SM_MODEL_DIR", "BYOML_CLI_POLICY", "PYTHONPATH", "MINE"):
        monkeypatch.setenv(name, "leaked")
    container.write({"code/train.py": _DUMP})
    assert container.train({**_NONE, "GIVEN": "1"}).exit_code == 0
    seen = json.loads(container.path("model/env.json").read_text())
    assert "leaked" not in "".join(seen.values())
    assert (seen["GIVEN"], seen["HOME"]) == ("1", str(container.root))
    assert seen["PATH"].split(os.pathsep)[0] == os.path.dirname(sys.executable)  # noqa: PTH120  as it is in PATH
    assert not {"MINE", "SAGEMAKER_PROGRAM"} & seen.keys()


def test_stop_after_sends_sigterm_once_the_file_is_there(container: Container) -> None:
    """The program has started, and is ended by the signal: 143, and no failure."""
    container.write({"code/train.py": _WAITS})
    outcome = container.train(_NONE, stop_after=container.path("model/ready"))
    assert (outcome.exit_code, outcome.failure) == (143, None)


def test_a_job_that_takes_too_long_is_ended(container: Container) -> None:
    """The test fails with what was printed, and nothing is left running (which every test here is held to)."""
    container.write({"code/train.py": _WAITS})
    with pytest.raises(TimeoutError, match="process starts"):
        container.train(_NONE, timeout=2)


def test_an_endpoint_is_asked_over_http(container: Container) -> None:
    """Ready when it is given, any request can be sent, and it ends with 0."""
    container.write({"model/code/inference.py": _ECHO})
    with container.serve(_NONE) as endpoint:
        assert endpoint.ping() == 200
        answer = endpoint.invoke("1,2\n", content_type="text/csv", accept="application/json")
        assert (answer.status, answer.json()) == (200, [[1, 2]])
        assert answer.headers["content-type"] == "application/json"
        assert endpoint.request("GET", "/absent").status == 404
        assert endpoint.stop() == 0
        assert endpoint.ping() == 0
        assert b"serving" in endpoint.stderr()


def test_an_endpoint_that_dies_says_why(container: Container) -> None:
    """The error carries the end of what it printed."""
    container.write({"model/code/inference.py": "raise RuntimeError('no weights')"})
    with pytest.raises(EndpointError, match=r"(?s)before it was ready.*no weights"), container.serve(_NONE):
        pass


def test_the_pytest_plugin_loads_next_to_nothing() -> None:
    """Every pytest run in the environment imports it."""
    code = "import sys, byoml.testing.pytest_plugin; print(sorted(m for m in sys.modules if m.startswith('byoml')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "['byoml', 'byoml.testing', 'byoml.testing.pytest_plugin']"
