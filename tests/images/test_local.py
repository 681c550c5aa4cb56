"""`byoml local ... --image`: the same commands in containers, with the same results."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from byoml.image.docker import Docker

_BYOML = str(Path(sys.executable).with_name("byoml"))
_TRAIN = """
import json, os, pathlib, sys
data = pathlib.Path(os.environ["SM_CHANNEL_POINTS"], "points.csv").read_text()
told = {name: os.environ[name] for name in ("SM_HOSTS", "SM_CURRENT_HOST", "SM_NETWORK_INTERFACE_NAME")}
pathlib.Path(os.environ["SM_MODEL_DIR"], os.environ["SM_CURRENT_HOST"] + ".json").write_text(
    json.dumps({"data": data, "args": sys.argv[1:], "in_container": os.path.exists("/.dockerenv"), **told}))
sys.exit(int(os.environ.get("CODE", "0")))
"""
_INFERENCE = """
import pathlib
def model_fn(model_dir):
    return (pathlib.Path(model_dir) / "factor.txt").read_text()
def predict_fn(data, model):
    return data * float(model)
"""
_PROCESS = """
import os, pathlib, shutil
text = pathlib.Path(os.environ["SM_PROCESSING_INPUT_RAW"], "raw.txt").read_text()
pathlib.Path("/opt/ml/processing/output/clean/clean.txt").write_text(text.upper())
"""

pytestmark = pytest.mark.timeout(900)


def _run(*args: str, code: int = 0) -> str:
    ended = subprocess.run([_BYOML, "local", *args], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == code, ended.stderr
    return ended.stderr


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a training, a serving and a processing program."""
    folder = tmp_path / "src"
    folder.mkdir()
    for name, text in (("train.py", _TRAIN), ("inference.py", _INFERENCE), ("processing.py", _PROCESS)):
        (folder / name).write_text(text)
    (tmp_path / "points.csv").write_text("1,2\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "factor.txt").write_text("2")
    return folder


def test_two_hosts_train_in_containers_and_leave_one_model(base: str, source: Path, docker: Docker) -> None:
    """Each host has its own container, finds the others by name, and the user's data where it always is."""
    out = source.parent / "out"
    points = f"points={source.parent / 'points.csv'}"
    options = ("--source", str(source), "--channel", points, "--hp", "epochs=3", "--output", str(out))
    _run("train", "--image", base, *options, "--hosts", "2")
    for host in ("algo-1", "algo-2"):
        told = json.loads((out / "model" / f"{host}.json").read_text())
        assert told == {
            "data": "1,2\n",
            "args": ["--epochs", "3"],
            "in_container": True,
            "SM_HOSTS": '["algo-1","algo-2"]',
            "SM_CURRENT_HOST": host,
            "SM_NETWORK_INTERFACE_NAME": "eth0",
        }
        assert (out / "logs" / f"{host}.log").is_file()
    assert (out / "model.tar.gz").is_file()
    assert docker.read("ps", "--all", "--quiet", "--filter", "name=byoml-") == ""
    assert docker.read("network", "ls", "--quiet", "--filter", "name=byoml-") == ""


def test_a_failing_program_gives_its_code_and_its_reason(base: str, source: Path) -> None:
    """As without an image: the exit code passes through, and the failure file is there."""
    out = source.parent / "out"
    points = f"points={source.parent / 'points.csv'}"
    options = ("--source", str(source), "--channel", points, "--output", str(out), "--env", "CODE=3")
    said = _run("train", "--image", base, *options, code=3)
    assert "exit code 3" in said
    assert (out / "output" / "failure").is_file()


def test_an_endpoint_in_a_container_serves_until_it_is_stopped(base: str, source: Path, docker: Docker) -> None:
    """The URL is told once it is ready; a stop leaves no container."""
    import urllib.request

    model = str(source.parent / "model")
    command = [_BYOML, "local", "serve", model, "--source", str(source), "--port", "0", "--image", base]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split("serving at ")[1].split(";")[0]
        request = urllib.request.Request(f"{url}/invocations", b"4\n", {"Content-Type": "text/csv"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.loads(answer.read()) == [[8.0]]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert docker.read("ps", "--all", "--quiet", "--filter", "name=byoml-") == ""


def test_a_batch_transform_in_a_container_answers_each_line(base: str, source: Path) -> None:
    """The container is told that it works for a batch transform, as on the platform."""
    rows = source.parent / "rows.csv"
    rows.write_text("1\n2\n3\n")
    options = ("--content-type", "text/csv", "--accept", "text/csv", "--split", "Line", "--assemble", "Line")
    places = ("--input", str(rows), "--output", str(source.parent / "predictions"))
    _run("transform", str(source.parent / "model"), "--source", str(source), "--image", base, *places, *options)
    assert (source.parent / "predictions" / "rows.csv.out").read_text().split() == ["2.0", "4.0", "6.0"]


def test_a_processing_job_in_a_container_leaves_its_outputs(base: str, source: Path) -> None:
    """Inputs and outputs are folders of this machine."""
    (source.parent / "raw.txt").write_text("text")
    clean = source.parent / "clean"
    options = ("--input", f"raw={source.parent / 'raw.txt'}", "--output", f"clean={clean}", "--source", str(source))
    _run("process", "processing.py", "--image", base, *options)
    assert (clean / "clean.txt").read_text() == "TEXT"


def test_an_image_that_is_not_here_is_an_error_that_says_so(docker: Docker, source: Path) -> None:
    """It is not pulled silently; an earlier result stays."""
    out = source.parent / "out"
    said = _run("train", "--image", "byoml-test/none:1", "--source", str(source), "--output", str(out), code=1)
    assert "there is no image byoml-test/none:1 here" in said
    assert docker.environ is os.environ
