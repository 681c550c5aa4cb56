"""Clips a second of the 3D-CNN's endpoint, beside Flask on gunicorn with the same model, in one run.

Two workers with one thread each on both sides. Flask calls the model's signature, and once more Keras's `predict`, as
most people write it. The client is `wrk` with 1, 8 and 32 connections, each with one clip a request as npy.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from byoml.testing.container import Container

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from beside import compare

SHAPE = tuple(int(size) for size in (os.environ.get("BYOML_BENCH_CLIP") or "32,32,15,3").split(","))
ENV = {"BYOML_FRAMEWORK": "tensorflow", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
# Ours takes as many as there are CPUs for each worker.
ONE_THREAD = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")
FLASKS = {
    "Flask, gunicorn, the signature": ONE_THREAD,
    "Flask, gunicorn, `predict`": {**ONE_THREAD, "BENCH_PREDICT": "1"},
}
_MODEL = f"""
import sys
from pathlib import Path
from byoml_tensorflow import model_files, network
model_files.save(network.build({SHAPE}, 10, 1.0, 1 / 255, 1e-3), Path(sys.argv[1]))
"""


@pytest.mark.timeout(3600)
def test_serving_a_3d_cnn_beside_flask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every server answers each load without an error; how fast is printed, not judged."""
    pytest.importorskip("byoml_tensorflow", reason="byoml-tensorflow is not installed")
    clip = np.random.default_rng(0).integers(0, 256, (1, *SHAPE), dtype=np.uint8)
    found = compare(Container(tmp_path, ENV), _MODEL, clip, "flask_tensorflow_app", FLASKS)
    found.show(capsys, f"clips of {SHAPE}")
