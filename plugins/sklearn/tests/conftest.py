"""What the plugin's tests share: real data, a real job, and the real program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from byoml.environment.channels import Channel
from byoml.plugin.algorithm import AlgorithmJob
from byoml.testing.algorithm import run_algorithm
from byoml_sklearn.framework import SKLearn
from byoml_sklearn.train import train
from sklearn.datasets import load_breast_cancer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
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
def trained(channels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A decision tree, trained once for all tests."""
    model_dir = tmp_path_factory.mktemp("trained") / "model"
    hyperparameters = {"max_depth": "4", "random_state": "7", "criterion": "entropy"}
    return Trained(run_algorithm("byoml_sklearn.train", channels, model_dir, hyperparameters), model_dir)


class Job:
    """A job of the algorithm in this process, which is quicker than a program of its own.

    Args:
        folder: Of the test; the model goes to `model`, results to `output`.
    """

    def __init__(self, folder: Path) -> None:
        self.model_dir, self.output = folder / "model", folder / "output"
        self._folder = folder

    def train(self, hyperparameters: Mapping[str, Any], content_type: str | None = None, **channels: str) -> Any:
        """Train on channels of one file each, given as text; returns the model, as it is served."""
        found = {}
        for name, content in channels.items():
            (self._folder / name).mkdir()
            (self._folder / name / "rows.csv").write_text(content, encoding="utf-8")
            found[name] = Channel(name, self._folder / name, content_type=content_type)
        hosts = ("localhost",)
        train(AlgorithmJob(hyperparameters, found, self.model_dir, hosts, "localhost", self.output))
        return SKLearn().model_fn(self.model_dir)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """An empty job."""
    return Job(tmp_path)
