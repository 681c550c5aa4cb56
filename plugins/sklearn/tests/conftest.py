"""What the plugin's tests share: real data, a real job, and the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class Trained(NamedTuple):
    """How the algorithm's program ended, and what it left."""

    ended: subprocess.CompletedProcess[str]
    model_dir: Path


@pytest.fixture(scope="session")
def cancer() -> dict[str, NDArray[Any]]:
    """scikit-learn's breast-cancer rows, label first, 70 % of them to train on."""
    features, labels = load_breast_cancer(return_X_y=True)
    rows = np.random.default_rng(0).permutation(np.column_stack([labels, features]))
    cut = round(len(rows) * 0.7)
    return {"train": rows[:cut], "validation": rows[cut:]}


@pytest.fixture(scope="session")
def channels(cancer: Mapping[str, NDArray[Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The rows as the algorithm wants them: a folder a channel, CSV without a header."""
    folder = tmp_path_factory.mktemp("channels")
    for name, rows in cancer.items():
        (folder / name).mkdir()
        np.savetxt(folder / name / f"{name}.csv", rows, "%.10g", ",")
    return {name: folder / name for name in cancer}


@pytest.fixture(scope="session")
def algorithm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the algorithm as the training road does: a program of its own, told of its job by variables."""

    def run(
        channels: Mapping[str, Path], model_dir: Path, hyperparameters: Mapping[str, Any], **variables: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        folders = {f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()}
        job = {"SM_HPS": json.dumps(dict(hyperparameters)), "SM_MODEL_DIR": str(model_dir)}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "byoml_sklearn.train"],
            env={**kept, **folders, **job, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def trained(
    algorithm: Callable[..., subprocess.CompletedProcess[str]],
    channels: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A decision tree, trained once for all tests."""
    model_dir = tmp_path_factory.mktemp("trained") / "model"
    hyperparameters = {"max_depth": "4", "random_state": "7", "criterion": "entropy"}
    return Trained(algorithm(channels, model_dir, hyperparameters), model_dir)
