"""`byoml local transform`: files predicted by a real endpoint, as a batch transform job does it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import console_script, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 50
_LINES = ("--content-type", "text/csv", "--accept", "text/csv", "--split", "Line", "--assemble", "Line")
_SUMS = """\
import numpy as np
def model_fn(model_dir):
    return None
def predict_fn(data, model):
    if (data < 0).any():
        raise ValueError("a negative number")
    return data.sum(axis=1)
"""
# Answers each record with how many came with it, and with what the container was told.
_TELLS = """\
import json, os
def model_fn(model_dir):
    return sorted((name, value) for name, value in os.environ.items()
                  if name in {"SAGEMAKER_BATCH", "SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_MAX_PAYLOAD_IN_MB",
                              "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"})
def transform_fn(model, data, content_type, accept, context):
    count = data.count("\\n")
    said = {"count": count, "told": model, "chunked": "content-length" not in context.headers}
    return (json.dumps(said) + "\\n") * count, "application/jsonlines"
"""
_ONE_BY_ONE = """
def execution_parameters_fn():
    return {"BatchStrategy": "SINGLE_RECORD"}
"""
# Fails once for each text that it gets.
_FALTERS = """\
import pathlib
def model_fn(model_dir):
    return pathlib.Path(model_dir)
def transform_fn(model, data, content_type, accept):
    seen = model / data.strip()
    if not seen.exists():
        seen.touch()
        raise OSError("once")
    return data
"""
_WAITS = """\
import pathlib, time
def model_fn(model_dir):
    return None
def transform_fn(model, data, content_type, accept):
    pathlib.Path(data.strip()).touch()
    time.sleep(60)
"""
_ZEROS = """\
def model_fn(model_dir):
    return None
def transform_fn(model, data, content_type, accept):
    return "0\\n" * data.count("\\n"), "text/csv"
"""


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8", **kept}


def _command(folder: Path, code: str | None, *options: str, model: Path | None = None) -> list[str]:
    """Write the code beside a model, and name a transform of `in` to `out`."""
    model = model or folder / "model"
    if code is not None:
        (model / "code").mkdir(parents=True, exist_ok=True)
        (model / "code/inference.py").write_text(code)
    framework = () if code is None else ("--framework", "none")
    workers = ("--env", "SAGEMAKER_MODEL_SERVER_WORKERS=1")
    places = ("--input", str(folder / "in"), "--output", str(folder / "out"))
    return [console_script("byoml"), "local", "transform", str(model), *places, *framework, *workers, *options]


def _run(folder: Path, code: str | None, *options: str, **named: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(folder, code, *options, **named),
        env=_environ(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _written(folder: Path) -> dict[str, str]:
    out = folder / "out"
    return {str(path.relative_to(out)): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()}


def _lines(folder: Path, name: str) -> list[Any]:
    return [json.loads(line) for line in _written(folder)[name].splitlines()]


def test_each_file_has_its_output_in_the_same_sub_folder(tmp_path: Path) -> None:
    """Filtered, joined and filtered again, whether or not the last line was ended, and with nothing on stdout."""
    _write(tmp_path, {"a.csv": "x,1,2\ny,3,4\n", "sub/b.csv": '"z,z",5,6', "empty.csv": ""})
    filters = ("--input-filter", "$[1:]", "--join", "Input", "--output-filter", "$[0,-1]")
    done = _run(tmp_path, _SUMS, *_LINES, *filters)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert _written(tmp_path) == {"a.csv.out": "x,3\ny,7\n", "sub/b.csv.out": '"z,z",11\n', "empty.csv.out": ""}


def test_json_records_get_their_answers(tmp_path: Path) -> None:
    """One line each, from JSON lines to JSON lines."""
    _write(tmp_path, {"a.jsonl": '{"id": 1, "x": [1, 2]}\n{"id": 2, "x": [3, 4]}\n'})
    types = ("--content-type", "application/jsonlines", "--accept", "application/jsonlines", "--split", "Line")
    filters = ("--input-filter", "$.x", "--join", "Input", "--output-filter", "$['id','SageMakerOutput']")
    done = _run(tmp_path, _SUMS, *types, *filters, "--assemble", "Line")
    assert done.returncode == 0, done.stderr
    assert _lines(tmp_path, "a.jsonl.out") == [{"id": 1, "SageMakerOutput": 3}, {"id": 2, "SageMakerOutput": 7}]


def test_requests_are_filled_to_the_limit_and_the_container_is_told_what_was_asked_for(tmp_path: Path) -> None:
    """Three lines of 300 KB fit into 1 MB, a fourth does not; the variables are those of the request."""
    _write(tmp_path, {"a.csv": ("1" * 300_000 + "\n") * 7})
    asked = ("--strategy", "MultiRecord", "--max-payload-mb", "1", "--max-concurrent", "3")
    done = _run(tmp_path, _TELLS, *_LINES, *asked)
    assert done.returncode == 0, done.stderr
    said = _lines(tmp_path, "a.csv.out")
    assert [line["count"] for line in said] == [3, 3, 3, 3, 3, 3, 1]
    assert dict(said[0]["told"]) == {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "3",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "1",
    }
    assert not said[0]["chunked"]


def test_the_models_execution_parameters_hold_where_no_option_says_otherwise(tmp_path: Path) -> None:
    """A function of the model asks for one record a request; the option goes before it."""
    _write(tmp_path, {"a.csv": "1\n2\n3\n"})
    assert _run(tmp_path, _TELLS + _ONE_BY_ONE, *_LINES).returncode == 0
    assert [line["count"] for line in _lines(tmp_path, "a.csv.out")] == [1, 1, 1]
    assert _lines(tmp_path, "a.csv.out")[0]["told"] == [["SAGEMAKER_BATCH", "true"]]
    assert _run(tmp_path, _TELLS + _ONE_BY_ONE, *_LINES, "--strategy", "MultiRecord").returncode == 0
    assert [line["count"] for line in _lines(tmp_path, "a.csv.out")] == [3, 3, 3]


def test_without_a_limit_a_file_is_one_request_in_chunks(tmp_path: Path) -> None:
    """Whatever its size: this one is larger than any limit of the platform or of the server."""
    (tmp_path / "in").mkdir()
    line = b"1" * 1023 + b"\n"
    (tmp_path / "in/a.csv").write_bytes(line * 1024 * 110)
    done = _run(tmp_path, _TELLS.replace("* count, ", "* 1, "), *_LINES, "--max-payload-mb", "0")
    assert done.returncode == 0, done.stderr
    (said,) = _lines(tmp_path, "a.csv.out")
    assert (said["count"], said["chunked"]) == (1024 * 110, True)


def test_a_file_with_a_bad_record_has_no_output_and_the_others_have_theirs(tmp_path: Path) -> None:
    """The exit code is 1; file, records and reason are printed; nothing of it, old or partial, is left."""
    _write(tmp_path, {"a.csv": "1\n", "b.csv": "1\n-2\n3\n", "c.csv": "3\n"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/b.csv.out").write_text("of an earlier run\n")
    done = _run(tmp_path, _SUMS, *_LINES, "--strategy", "SingleRecord", "--retries", "0")
    assert done.returncode == 1
    assert _written(tmp_path) == {"a.csv.out": "1\n", "c.csv.out": "3\n"}
    assert f"no output for {tmp_path}/in/b.csv: {tmp_path}/in/b.csv, record 2: sent once" in done.stderr
    assert "a negative number" in done.stderr


@pytest.mark.parametrize(("retries", "exit_code"), [("1", 0), ("0", 1)])
def test_a_request_that_fails_is_sent_again_as_often_as_was_said(tmp_path: Path, retries: str, exit_code: int) -> None:
    """The handler sees the same body twice (contract/inference H-42)."""
    _write(tmp_path, {"a.txt": "first", "b.txt": "second"})
    done = _run(tmp_path, _FALTERS, "--content-type", "text/csv", "--retries", retries)
    assert done.returncode == exit_code, done.stderr
    assert _written(tmp_path) == ({} if exit_code else {"a.txt.out": "first", "b.txt.out": "second"})


def test_what_cannot_be_asked_for_is_a_usage_error(tmp_path: Path) -> None:
    """Before the model is loaded: a filter that is none, more on its way than the platform allows, no input at all."""
    _write(tmp_path, {"a.csv": "1\n"})
    for options, says in (
        (("--input-filter", "id"), "--input-filter is 'id'; it must be a JSONPath"),
        (("--max-payload-mb", "60", "--max-concurrent", "2"), "--max-payload-mb is 60; it must be at most 50"),
        (("--output", str(tmp_path)), f"--input is '{tmp_path}/in'; it must be a file, or a folder with files"),
    ):
        done = _run(tmp_path, _SUMS, *_LINES, *options)
        assert done.returncode == 2
        assert says in done.stderr
        assert "serving" not in done.stderr


def test_a_signal_ends_it_and_leaves_no_part(tmp_path: Path) -> None:
    """143 for SIGTERM, soon, though a request is on its way."""
    reached = tmp_path / "reached"
    _write(tmp_path, {"a.csv": f"{reached}\n"})
    with subprocess.Popen(_command(tmp_path, _WAITS, *_LINES), env=_environ(), stderr=subprocess.DEVNULL) as process:
        try:
            assert wait_until(reached.exists, _SECONDS)
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 143
        finally:
            process.kill()
    assert _written(tmp_path) == {}


def test_a_person_sees_how_far_it_is(tmp_path: Path) -> None:
    """On a terminal a bar runs to the end; elsewhere nothing of it is printed."""
    _write(tmp_path, {"a.csv": "1\n" * 1000})
    ours, theirs = pty.openpty()
    command = _command(tmp_path, _SUMS, *_LINES, "--strategy", "SingleRecord")
    with subprocess.Popen(command, env={**_environ(), "TERM": "xterm"}, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        assert process.wait(_SECONDS) == 0
    os.close(ours)
    assert b"byoml: transforming" in shown
    assert b"100%" in shown
    assert "transforming" not in _run(tmp_path, _SUMS, *_LINES).stderr


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other side is closed
        return b""


def _peak_megabytes(command: list[str]) -> float:
    """Run a command to its end; give the most memory that its own process held, as the kernel counts it."""
    peak = 0.0
    with subprocess.Popen(command, env=_environ(), stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]) / 1024)
            time.sleep(0.02)
        assert process.stderr
        assert process.returncode == 0, process.stderr.read()
    return peak


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel shows no memory of processes here")
def test_a_large_file_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """Bodies, answers and joins are streamed: requests of 20 MB cost less memory than one of them would."""
    (tmp_path / "in").mkdir()
    line = b"1234567,1234567\n"
    options = (*_LINES, "--max-payload-mb", "20", "--max-concurrent", "4", "--join", "Input")
    peaks = []
    for lines in (10, 2**20 * 2):
        (tmp_path / "in/a.csv").write_bytes(line * lines)
        peaks.append(_peak_megabytes(_command(tmp_path, _ZEROS, *options)))
        assert (tmp_path / "out/a.csv.out").stat().st_size == (len(line) + 2) * lines
    small, large = peaks
    assert large < small + 16
    assert large < 100


_FIT = """\
import joblib, sys
from sklearn.linear_model import LinearRegression
joblib.dump(LinearRegression().fit([[0, 0], [1, 0], [0, 1]], [0, 1, 10]), sys.argv[1])
"""


def _sklearn_model(folder: Path) -> Path:
    """Fit a model in a process of its own, as the library changes the environment of its process."""
    model = folder / "model"
    model.mkdir()
    subprocess.run([sys.executable, "-c", _FIT, str(model / "model.joblib")], check=True)
    return model


@pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is not installed: byoml[sklearn] brings it")
def test_a_bad_record_need_not_fail_its_file(tmp_path: Path) -> None:
    """Asked for, it has an empty cell in place of its prediction; a framework's own functions can tell rows apart."""
    model = _sklearn_model(tmp_path)
    _write(tmp_path, {"a.csv": "1,1\nx,y\n2,2\n3\n1,2\n"})
    options = ("--framework", "sklearn", *_LINES, "--retries", "0", "--join", "Input")
    assert _run(tmp_path, None, *options, model=model).returncode == 1
    done = _run(tmp_path, None, *options, "--env", "BYOML_BATCH_ERRORS=record", model=model)
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in _written(tmp_path)["a.csv.out"].splitlines()]
    assert [row[:-1] for row in rows] == [["1", "1"], ["x", "y"], ["2", "2"], ["3"], ["1", "2"]]
    assert [round(float(row[-1]), 6) if row[-1] else None for row in rows] == [11, None, 22, None, 21]
