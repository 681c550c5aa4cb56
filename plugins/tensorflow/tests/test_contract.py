"""The plugin passes byoml's conformance suites with the model that its own algorithm trained."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from byoml.testing.contract.capabilities import CapabilitiesContract
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)

_SCRIPT = """
import os
import tensorflow as tf

class Doubles(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, "x")])
    def __call__(self, x):
        return {"y": x * 2}

tf.saved_model.save(Doubles(), os.path.join(os.environ["SM_MODEL_DIR"], "1"))
"""


@pytest.fixture(scope="module")
def framework() -> str:
    return "tensorflow"


@pytest.fixture(scope="module")
def saved_model(trained: Any) -> Path:
    folder: Path = trained.model_dir
    return folder


@pytest.fixture(scope="module")
def payloads(processed: Any, clip_bodies: Mapping[str, bytes]) -> dict[str, bytes]:
    """Clips in every type; a picture is a clip that stands still."""
    with np.load(processed.output / "clips.npz") as file:
        rows = file["X"][:2]
    npy = io.BytesIO()
    np.save(npy, rows)
    picture = np.full((20, 30, 3), 90, dtype=np.uint8)
    lists = rows.tolist()
    lines = "".join(json.dumps(row) + "\n" for row in lists).encode()
    return {
        "application/json": json.dumps({"instances": lists}).encode(),
        "application/jsonlines": lines,
        "application/jsons": lines,
        "text/csv": "".join(",".join(map(str, row.ravel().tolist())) + "\n" for row in rows).encode(),
        "application/x-npy": npy.getvalue(),
        "image/jpeg": cv2.imencode(".jpg", picture)[1].tobytes(),
        "image/png": cv2.imencode(".png", picture)[1].tobytes(),
        **clip_bodies,
    }


@pytest.fixture(scope="module")
def training_script() -> str:
    return _SCRIPT


@pytest.fixture(scope="module")
def algorithm_files(processed: Any) -> dict[str, Any]:
    return {
        "input/config/hyperparameters.json": {"epoch": "1", "width": "0.1"},
        "input/data/training/clips.npz": (processed.output / "clips.npz").read_bytes(),
    }


@pytest.fixture(scope="module")
def heavy_modules() -> list[str]:
    return ["tensorflow", "keras", "numpy", "cv2", "matplotlib"]


class TestServing(FrameworkServingContract):
    """A 3D-CNN in a real server."""


class TestCapabilities(CapabilitiesContract):
    """Batches and threads of a 3D-CNN."""


class TestTraining(FrameworkTrainingContract):
    """Scripts and the built-in algorithm."""


class TestCost(ImportCostContract):
    """What `byoml --help` pays for an installed plugin."""
