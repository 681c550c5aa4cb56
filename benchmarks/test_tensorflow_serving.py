"""Clips a second of the 3D-CNN's endpoint, beside Flask on gunicorn with the same model, in one run.

Two workers with one thread each on both sides. Flask calls the model's signature, and once more Keras's `predict`, as
most people write it. The client is `wrk` with 1, 8 and 32 connections, each with one clip a request as npy.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from byoml.testing.container import Container

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from beside import compare, flask
from load import Row, wrk_is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 3)
SHAPE = tuple(int(size) for size in (os.environ.get("BYOML_BENCH_CLIP") or "32,32,15,3").split(","))
CLIENTS = (1, 8, 32)
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
    theirs = {**container.environment(ONE_THREAD), "BENCH_MODEL": str(container.paths.model)}
    servers = {
        BYOML: lambda: ours(container),
        FLASK: lambda: flask("flask_tensorflow_app", theirs),
        PREDICT: lambda: flask("flask_tensorflow_app", {**theirs, "BENCH_PREDICT": "1"}),
    }

    found = compare(servers, row, CLIENTS, ROUNDS, SECONDS)

    told = f"{time.strftime('%Y-%m-%d')}, clips of {SHAPE}, {os.cpu_count()} CPUs, medians of {ROUNDS} rounds"
    with capsys.disabled():
        print(f"\n{told}\n\n{found.table()}")
    if found.failed(BYOML):
        pytest.fail(f"byoml failed to answer some requests: {found.loads[BYOML]}")


@contextmanager
def ours(container: Container) -> Iterator[int]:
    with container.serve(timeout=300) as endpoint:
        yield endpoint.port
