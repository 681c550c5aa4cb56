"""`byoml.log_metric`: the platform's file, and a line that metric definitions find."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import byoml
import pytest
from byoml.errors import SettingError

_FULL = Path("/dev/full")


def _entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _run(code: str, *, stdout: Any = subprocess.PIPE, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )


def test_a_metric_is_a_line_of_the_platforms_file(tmp_path: Path) -> None:
    """MetricName, Value and Timestamp, IterationNumber where there is one; the file is named by the process."""
    before = time.time()
    environ = {"SAGEMAKER_METRICS_DIRECTORY": str(tmp_path / "metrics")}
    byoml.log_metric("loss", 0.5, environ=environ)
    byoml.log_metric("val:loss", 1, step=3, environ=environ)
    first, second = _entries(tmp_path / f"metrics/{os.getpid()}.json")
    assert before <= first.pop("Timestamp") <= second.pop("Timestamp") <= time.time()
    assert first == {"MetricName": "loss", "Value": 0.5}
    assert second == {"MetricName": "val:loss", "Value": 1.0, "IterationNumber": 3}
    assert isinstance(second["Value"], float)


def test_the_line_on_stdout_is_found_by_the_stated_expression(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    r"""`\bloss=([-+.0-9eE]+);`, with any number, and not in a longer name."""
    environ = {"SAGEMAKER_METRICS_DIRECTORY": str(tmp_path)}
    for value in (0.25, 3, 1e-07, -1e300):
        byoml.log_metric("loss", value, step=2, environ=environ)
    byoml.log_metric("val_loss", 9, environ=environ)
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "loss=0.25; step=2;"
    assert printed.splitlines()[-1] == "val_loss=9.0;"
    assert [float(found) for found in re.findall(r"\bloss=([-+.0-9eE]+);", printed)] == [0.25, 3, 1e-07, -1e300]
    assert byoml.log_metric.__doc__ is not None
    assert r"\bloss=([-+.0-9eE]+);" in byoml.log_metric.__doc__


def test_nan_is_printed_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has no such number, and one bad line could cost the agent's whole file."""
    byoml.log_metric("loss", float("nan"), environ={"SAGEMAKER_METRICS_DIRECTORY": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == "loss=nan;\n"


def test_without_the_variable_the_tree_decides(tmp_path: Path) -> None:
    """Where there is an output folder its metrics folder is used; nothing is made where this is no container."""
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    byoml.log_metric("loss", 1, environ=environ)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "output").mkdir()
    byoml.log_metric("loss", 1, environ=environ)
    assert len(_entries(tmp_path / f"output/metrics/sagemaker/{os.getpid()}.json")) == 1


def test_threads_and_processes_write_whole_lines(tmp_path: Path) -> None:
    """Each process has a file of its own, also one that was forked."""
    code = """\
import byoml, os, threading
def work(name):
    for step in range(200):
        byoml.log_metric(name * 50, step, step)
def all_threads():
    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
if os.fork() == 0:
    all_threads()
    os._exit(0)
all_threads()
os.wait()
"""
    _run(code, stdout=subprocess.DEVNULL, SAGEMAKER_METRICS_DIRECTORY=str(tmp_path))
    files = list(tmp_path.iterdir())
    assert len(files) == 2
    for file in files:
        entries = _entries(file)
        assert len(entries) == 600
        for name in "abc":
            ours = [entry["IterationNumber"] for entry in entries if entry["MetricName"] == name * 50]
            assert ours == list(range(200))


@pytest.mark.skipif(not _FULL.exists(), reason="the system has no /dev/full")
def test_a_full_disk_costs_the_metric_and_not_the_job(tmp_path: Path) -> None:
    """A warning, once; the line is still printed."""
    code = """\
import byoml, os, pathlib
pathlib.Path(os.environ["SAGEMAKER_METRICS_DIRECTORY"], f"{os.getpid()}.json").symlink_to("/dev/full")
for step in range(3):
    byoml.log_metric("loss", 1, step)
"""
    done = _run(code, SAGEMAKER_METRICS_DIRECTORY=str(tmp_path))
    assert done.stdout.count("loss=1.0;") == 3
    assert done.stderr.count("No space left on device") == 1


def test_what_follows_a_line_cut_by_a_full_disk_is_whole(tmp_path: Path) -> None:
    """It begins on a line of its own."""
    code = """\
import byoml, os, resource
byoml.log_metric("loss", 1, 1)
path = os.path.join(os.environ["SAGEMAKER_METRICS_DIRECTORY"], f"{os.getpid()}.json")
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = os.path.getsize(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, resource.RLIM_INFINITY))
byoml.log_metric("loss", 2, 2)
byoml.log_metric("loss", 3, 3)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
byoml.log_metric("loss", 4, 4)
"""
    _run(code, stdout=subprocess.DEVNULL, SAGEMAKER_METRICS_DIRECTORY=str(tmp_path))
    (file,) = tmp_path.iterdir()
    first, torn, last = file.read_text().splitlines()
    assert json.loads(first)["Value"] == 1
    assert len(torn) == 10
    assert json.loads(last)["Value"] == 4


def test_a_closed_stdout_does_not_end_the_job(tmp_path: Path) -> None:
    """As where the log's reader is gone."""
    code = "import byoml, sys; sys.stdout.close(); byoml.log_metric('a', 1); byoml.log_metric('a', 2)"
    done = _run(code, SAGEMAKER_METRICS_DIRECTORY=str(tmp_path))
    assert done.stderr.count("metrics cannot be printed") == 1
    assert [entry["Value"] for file in tmp_path.iterdir() for entry in _entries(file)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "value", "step", "says"),
    [
        ("", 1, None, "name of a metric"),
        ("a;b", 1, None, "name of a metric"),
        ("a\nb", 1, None, "name of a metric"),
        ("x" * 256, 1, None, "name of a metric"),
        ("loss", "much", None, "metric 'loss' is 'much'; it must be a number"),
        ("loss", None, None, "metric 'loss' is None; it must be a number"),
        ("loss", 1, -1, "step of metric 'loss' is -1"),
        ("loss", 1, 1.5, "step of metric 'loss' is 1.5"),
    ],
)
def test_what_is_no_metric_is_refused(tmp_path: Path, name: str, value: Any, step: Any, says: str) -> None:
    """The program is wrong, and the platform would drop it silently."""
    with pytest.raises(SettingError, match=says):
        byoml.log_metric(name, value, step, environ={"SAGEMAKER_METRICS_DIRECTORY": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
