"""The plugin passes byoml's conformance suites."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pytest
from byoml.testing.contract.capabilities import CapabilitiesContract
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract
from sklearn.ensemble import HistGradientBoostingClassifier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SCRIPT = """
import os
import joblib
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0]] * 5, [0, 1] * 5)
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""


@pytest.fixture(scope="module")
def framework() -> str:
    return "sklearn"


@pytest.fixture(scope="module")
def saved_model(trained: Any) -> Path:
    folder: Path = trained.model_dir
    return folder


@pytest.fixture(scope="module")
def payloads(cancer: Mapping[str, Any]) -> dict[str, bytes]:
    """The same rows in every type."""
    rows = cancer["validation"][:5, 1:]
    npy = io.BytesIO()
    np.save(npy, rows)
    return {
        "text/csv": "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist()).encode(),
        "application/json": repr(rows.tolist()).encode(),
        "application/jsonlines": "".join(f"{row}\n" for row in rows.tolist()).encode(),
        "application/x-npy": npy.getvalue(),
    }


@pytest.fixture(scope="module")
def training_script() -> str:
    return _SCRIPT


@pytest.fixture(scope="module")
def algorithm_files(channels: Mapping[str, Path]) -> dict[str, Any]:
    files = {f"input/data/{name}/{name}.csv": (path / f"{name}.csv").read_bytes() for name, path in channels.items()}
    return {"input/config/hyperparameters.json": {"max_depth": "3"}, **files}


@pytest.fixture(scope="module")
def heavy_modules() -> list[str]:
    return ["sklearn", "joblib", "numpy", "scipy", "pandas"]


class TestServing(FrameworkServingContract):
    """A decision tree in a real server."""


class TestCapabilities(CapabilitiesContract):
    """Batches and forks of a decision tree."""


class TestCapabilitiesOfOpenMP(CapabilitiesContract):
    """The estimator that hangs after a fork where it has more than one OpenMP thread."""

    @pytest.fixture(scope="class")
    @classmethod
    def saved_model(cls, cancer: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("boosting")
        rows = cancer["train"]
        model = HistGradientBoostingClassifier(max_iter=5).fit(rows[:, 1:], rows[:, 0])
        joblib.dump(model, folder / "model.joblib")
        return folder


class TestTraining(FrameworkTrainingContract):
    """Scripts and the built-in algorithm."""


class TestCost(ImportCostContract):
    """What `byoml --help` pays for an installed plugin."""
