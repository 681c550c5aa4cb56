"""The plugin passes byoml's conformance suites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.testing.contract.capabilities import CapabilitiesContract
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract

if TYPE_CHECKING:
    from pathlib import Path

CENTROIDS = {"labels": np.array([0.0, 1.0]), "centroids": np.array([[1.0, 2.0], [5.0, 6.0]])}
SCRIPT = """
import os
import numpy as np

np.savez(os.environ["SM_MODEL_DIR"] + "/centroids.npz", labels=[0.0, 1.0], centroids=[[1.0, 2.0], [5.0, 6.0]])
"""


@pytest.fixture(scope="module")
def framework() -> str:
    return "minimal"


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    np.savez(folder / "centroids.npz", **CENTROIDS)
    return folder


@pytest.fixture(scope="module")
def payloads() -> dict[str, bytes]:
    return {"application/json": b"[[1, 1], [6, 6]]", "text/csv": b"1,1\n6,6\n"}


@pytest.fixture(scope="module")
def training_script() -> str:
    return SCRIPT


@pytest.fixture(scope="module")
def algorithm_files() -> dict[str, Any]:
    return {"input/data/train/rows.csv": "0,1,2\n0,1,2\n1,5,6\n"}


@pytest.fixture(scope="module")
def heavy_modules() -> list[str]:
    return ["numpy"]


class TestServing(FrameworkServingContract):
    """Real servers, real requests."""


class TestTraining(FrameworkTrainingContract):
    """Real jobs: a script's, and the built-in algorithm's."""


class TestCapabilities(CapabilitiesContract):
    """What the class declares is so."""


class TestCost(ImportCostContract):
    """numpy stays out of processes that only list plugins."""
