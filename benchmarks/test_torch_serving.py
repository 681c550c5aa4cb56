"""Pictures a second of the CNN's endpoint, beside Flask on gunicorn with the same model, in one run.

Two workers with one thread each on both sides. The client is `wrk` with 1, 8 and 32 connections, each with one picture
of 3 x 32 x 32 a request as npy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from byoml.testing.container import Container

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from beside import compare

SHAPE = (3, 32, 32)
ENV = {"BYOML_FRAMEWORK": "torch", "SAGEMAKER_MODEL_SERVER_WORKERS": "2", "OMP_NUM_THREADS": "1"}
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
    picture = np.random.default_rng(0).random((1, *SHAPE), dtype=np.float32)
    flasks = {"Flask, gunicorn gthread": {}}
    compare(Container(tmp_path, ENV), _MODEL, picture, "flask_torch_app", flasks).show(capsys)
