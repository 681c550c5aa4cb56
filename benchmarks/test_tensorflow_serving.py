"""Clips a second of the 3D-CNN's endpoint, beside Flask on gunicorn with the same model, in one run.

Two workers with one thread each on both sides. Flask calls the model's signature, and once more Keras's `predict`, as
most people write it. The client is `wrk` with 1, 8 and 32 connections, each with one clip a request as npy. Processor
time a request stands beside the rates: on a machine with other work to do it says more.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from byoml.testing.container import Container

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from load import Answers, Row, wrk, wrk_is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 3)
SHAPE = tuple(int(size) for size in (os.environ.get("BYOML_BENCH_CLIP") or "32,32,15,3").split(","))
CLIENTS = (1, 8, 32)
APPS = Path(__file__).resolve().parent / "serving/apps"
ONE_THREAD = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")
BYOML, FLASK, PREDICT = "byoml", "Flask, gunicorn, the signature", "Flask, gunicorn, `predict`"
NPY = "application/x-npy"
_MODEL = """
import sys
from pathlib import Path
from byoml_tensorflow import model_files, network
shape = tuple(map(int, sys.argv[2].split(",")))
model_files.save(network.build(shape, 10, 1.0, 1 / 255, 1e-3), Path(sys.argv[1]))
"""


class Load(NamedTuple):
    """What one number of clients saw, and what it cost."""

    answers: Answers
    cpu: float

    @property
    def rate(self) -> float:
        return self.answers.rate


@pytest.mark.timeout(3600)
def test_serving_a_3d_cnn_beside_flask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every server answers each load without an error; how fast is printed, not judged."""
    pytest.importorskip("byoml_tensorflow", reason="byoml-tensorflow is not installed")
    if not wrk_is_there():
        pytest.skip("there is no wrk (Debian's package `wrk`)")
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "tensorflow", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    model = [sys.executable, "-c", _MODEL, str(container.paths.model), ",".join(map(str, SHAPE))]
    subprocess.run(model, check=True, capture_output=True)
    body = io.BytesIO()
    np.save(body, np.random.default_rng(0).integers(0, 256, (1, *SHAPE), dtype=np.uint8))
    row = Row("/invocations", body.getvalue(), NPY, NPY)
    rounds: dict[str, list[dict[int, Load]]] = {name: [] for name in (BYOML, FLASK, PREDICT)}
    started: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(ROUNDS):
        for name, loads in rounds.items():
            begun = time.perf_counter()
            with serving(name, container) as (port, pid):
                started[name].append(time.perf_counter() - begun)
                wrk(port, row, max(CLIENTS), 1)  # whatever is made at the first requests
                loads.append({clients: measured(pid, port, row, clients) for clients in CLIENTS})
    told = f"{time.strftime('%Y-%m-%d')}, clips of {SHAPE}, {os.cpu_count()} CPUs, medians of {ROUNDS} rounds"
    with capsys.disabled():
        print(f"\n{told}\n\n{table(rounds, started)}")
    ours = [load for each in rounds[BYOML] for load in each.values()]
    if any(load.answers.failed for load in ours):
        pytest.fail(f"byoml failed to answer some requests: {ours}")


@contextmanager
def serving(name: str, container: Container) -> Iterator[tuple[int, int]]:
    """Run one of the servers; gives its port and its first process once it answers."""
    if name == BYOML:
        with container.serve(timeout=300) as endpoint:
            yield endpoint.port, endpoint.process.pid
        return
    port = 18800
    variables = {
        **container.environment(ONE_THREAD),
        "PYTHONPATH": str(APPS),
        "BENCH_MODEL": str(container.paths.model),
    }
    options = [f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=8", "--timeout=120", "--log-level=warning"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "flask_tensorflow_app:app"],
        env={**variables, **({"BENCH_PREDICT": "1"} if name == PREDICT else {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def measured(pid: int, port: int, row: Row, clients: int) -> Load:
    before, begun = seconds_of(pid), time.perf_counter()
    answers = wrk(port, row, clients, SECONDS)
    number = answers.rate * (time.perf_counter() - begun)
    return Load(answers, (seconds_of(pid) - before) / number if number else float("nan"))


def seconds_of(pid: int) -> float:
    """Add up the processor time of a process and all below it."""
    total = 0.0
    with suppress(OSError):
        children = (task / "children" for task in Path(f"/proc/{pid}/task").iterdir())
        total += sum(seconds_of(int(child)) for names in children for child in names.read_text().split())
        user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        total += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return total


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=60):  # noqa: S310  our own server
                return
        except (OSError, URLError):
            time.sleep(0.05)
    pytest.fail(f"no answer from {url}; exit code {process.poll()}")


def table(rounds: dict[str, list[dict[int, Load]]], started: dict[str, list[float]]) -> str:
    heads = [f"{clients}: req/s, p50, p99, CPU ms" for clients in CLIENTS]
    lines = [f"| server | {' | '.join(heads)} | first 200, s |", "| --- " * (len(CLIENTS) + 2) + "|"]
    for name, loads in rounds.items():
        cells = [cell([each[clients] for each in loads]) for clients in CLIENTS]
        lines.append(f"| {name} | {' | '.join(cells)} | {statistics.median(started[name]):.1f} |")
    for name in (FLASK, PREDICT):
        pairs = list(zip(rounds[BYOML], rounds[name], strict=True))
        cells = [ratio([(ours[clients].rate, theirs[clients].rate) for ours, theirs in pairs]) for clients in CLIENTS]
        lines.append(f"| byoml's req/s against {name} | {' | '.join(cells)} | |")
    return "\n".join(lines)


def ratio(pairs: list[tuple[float, float]]) -> str:
    """Give the median of ours by theirs, over the rounds in which they have answered at all."""
    found = [ours / theirs for ours, theirs in pairs if theirs]
    return f"{statistics.median(found):.2f}" if found else "-"


def cell(loads: list[Load]) -> str:
    names = ("rate", "p50", "p99")
    rate, p50, p99 = (statistics.median(getattr(load.answers, name) for load in loads) for name in names)
    cpu = statistics.median(load.cpu for load in loads)
    return f"{rate:.0f}, {p50 * 1000:.1f}, {p99 * 1000:.1f}, {cpu * 1000:.1f}"
