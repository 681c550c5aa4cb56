"""What the plugin's tests share: real data, a real job, and the real program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from byoml.testing.algorithm import run_algorithm, start_algorithm
from byoml.testing.asked import Asked
from byoml_xgboost.framework import XGBoost
from sklearn.datasets import load_breast_cancer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_MODULE = "byoml_xgboost.train"
#: Threads that wait for each other cost more than they bring where other tests run at the same time.
_THREADS = "1"


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
def hyperparameters() -> dict[str, str]:
    """The demo's, all of them texts, and a seed."""
    return {
        "max_depth": "5",
        "eta": "0.2",
        "gamma": "4",
        "min_child_weight": "6",
        "subsample": "0.7",
        "objective": "binary:logistic",
        "num_round": "50",
        "seed": "7",
    }


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start the algorithm as the training road does: a program of its own, told of its job by variables."""
    return partial(start_algorithm, _MODULE, OMP_NUM_THREADS=_THREADS)


@pytest.fixture(scope="session")
def algorithm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the algorithm's program to its end."""
    return partial(run_algorithm, _MODULE, OMP_NUM_THREADS=_THREADS)


@pytest.fixture(scope="session")
def trained(
    algorithm: Callable[..., subprocess.CompletedProcess[str]],
    channels: Mapping[str, Path],
    hyperparameters: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """The demo's job, run once for all tests."""
    model_dir = tmp_path_factory.mktemp("trained") / "model"
    return Trained(algorithm(channels, model_dir, hyperparameters), model_dir)


@pytest.fixture(scope="session")
def booster(cancer: Mapping[str, NDArray[Any]]) -> Any:
    """A model of the rows, made by XGBoost itself."""
    import xgboost as xgb

    rows = cancer["train"]
    parameters = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1}
    return xgb.train(parameters, xgb.DMatrix(rows[:, 1:], rows[:, 0]), 10)


@pytest.fixture(scope="session")
def model_dir(booster: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model as `save_model` writes it."""
    folder = tmp_path_factory.mktemp("model")
    booster.save_model(folder / "xgboost-model.ubj")
    (folder / "xgboost-model.ubj").rename(folder / "xgboost-model")
    return folder


class CsvAsked(Asked):
    """A loaded model that is asked and answers in CSV unless something else is said."""

    def __init__(self, model_dir: Path, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(XGBoost(), model_dir, environ)

    def __call__(self, body: bytes | str, content_type: str = "text/csv", accept: str = "text/csv") -> bytes:
        return super().__call__(body, content_type, accept)

    def numbers(self, body: bytes | str, content_type: str = "text/csv") -> list[float]:
        """Answer one request with the numbers of its CSV."""
        return [float(np.float32(line)) for line in self(body, content_type).split()]


@pytest.fixture(scope="session")
def asked() -> type[CsvAsked]:
    """What loads a model and answers, without a server."""
    return CsvAsked
