"""Pictures a second of the CNN's endpoint, beside Flask on gunicorn with the same model, in one run.

Two workers with one thread each on both sides. The client is `wrk` with 1, 8 and 32 connections, each with one picture
of 3 x 32 x 32 a request as npy.
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
SHAPE = (3, 32, 32)
CLIENTS = (1, 8, 32)
NPY = "application/x-npy"
BYOML, FLASK = "byoml", "Flask, gunicorn gthread"
_MODEL = f"""
import sys
from pathlib import Path
from byoml_torch import model_files, network
model_files.save(network.make_network({SHAPE}, 10), {SHAPE}, Path(sys.argv[1]))
"""


@pytest.mark.timeout(3600)
def test_serving_a_cnn_beside_flask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both servers answer each load without an error; how fast is printed, not judged."""
    pytest.importorskip("byoml_torch", reason="byoml-torch is not installed")
    if not wrk_is_there():
        pytest.skip("there is no wrk (Debian's package `wrk`)")
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "torch", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    subprocess.run([sys.executable, "-c", _MODEL, str(container.paths.model)], check=True, capture_output=True)
    body = io.BytesIO()
    np.save(body, np.random.default_rng(0).random((1, *SHAPE), dtype=np.float32))
    row = Row("/invocations", body.getvalue(), NPY, NPY)
    model = {"BENCH_MODEL": str(container.paths.model), "OMP_NUM_THREADS": "1"}
    servers = {
        BYOML: lambda: ours(container),
        FLASK: lambda: flask("flask_torch_app", {**container.environment(), **model}),
    }

    found = compare(servers, row, CLIENTS, ROUNDS, SECONDS)

    told = f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} CPUs, medians of {ROUNDS} rounds of {SECONDS:.0f} s"
    with capsys.disabled():
        print(f"\n{told}\n\n{found.table()}")
    if found.failed(BYOML):
        pytest.fail(f"byoml failed to answer some requests: {found.loads[BYOML]}")


@contextmanager
def ours(container: Container) -> Iterator[int]:
    with container.serve({"OMP_NUM_THREADS": "1"}, timeout=300) as endpoint:
        yield endpoint.port
