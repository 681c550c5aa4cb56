"""Pictures a second of VGG's endpoint, beside Flask on gunicorn with the same model, in one run.

Two workers with one thread each on both sides. The client is `wrk` with 1, 8 and 32 connections, each with one picture
of 3 x 32 x 32 a request as npy. `BYOML_BENCH_WIDTH` (0.25) is what VGG's filters are multiplied by. Where Chainer is:

    tox run -e chainer -- benchmarks/test_chainer_serving.py
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

WIDTH = float(os.environ.get("BYOML_BENCH_WIDTH") or 0.25)
SHAPE = (3, 32, 32)
ENV = {"BYOML_FRAMEWORK": "chainer", "SAGEMAKER_MODEL_SERVER_WORKERS": "2", "OMP_NUM_THREADS": "1"}
_MODEL = f"""
import sys
from pathlib import Path
from byoml_chainer import model_files
from byoml_chainer.vgg import Facts, make_network
facts = Facts({SHAPE}, 10, {WIDTH})
model_files.save(make_network(facts), facts, Path(sys.argv[1]))
"""


@pytest.mark.timeout(3600)
def test_serving_vgg_beside_flask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both servers answer each load without an error; how fast is printed, not judged."""
    pytest.importorskip("byoml_chainer", reason="byoml-chainer is not installed")
    picture = np.random.default_rng(0).random((1, *SHAPE), dtype=np.float32)
    flasks = {"Flask, gunicorn gthread": {}}
    compare(Container(tmp_path, ENV), _MODEL, picture, "flask_chainer_app", flasks).show(capsys, f"width {WIDTH}")
