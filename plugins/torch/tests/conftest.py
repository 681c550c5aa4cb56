"""What the plugin's tests share: real pictures, a real job, and the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from digits import write_channels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class Trained(NamedTuple):
    """How the algorithm's program ended, and what it left."""

    ended: subprocess.CompletedProcess[str]
    model_dir: Path
    output_dir: Path


@pytest.fixture(scope="session", autouse=True)
def _torchs_variable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Torch sets this variable where nobody else has, as soon as a model is exported or loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path_factory.mktemp("inductor")))
        yield


@pytest.fixture(scope="session")
def channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """scikit-learn's digits as 3 x 32 x 32 pictures, a quarter of them held back."""
    return write_channels(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Some of them, where nothing needs to be learned."""
    return write_channels(tmp_path_factory.mktemp("few"), 96, 40)


@pytest.fixture(scope="session")
def validation(channels: Mapping[str, Path]) -> Mapping[str, NDArray[Any]]:
    """The pictures that are held back, and their labels."""
    with np.load(channels["validation"] / "digits.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start the algorithm as the training road does: a program of its own, told of its job by variables."""

    def start(
        channels: Mapping[str, Path], base: Path, hyperparameters: Mapping[str, Any], **variables: str
    ) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        folders = {f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()}
        job = {
            "SAGEMAKER_BASE_DIR": str(base),
            "SM_HPS": json.dumps(dict(hyperparameters)),
            "SM_MODEL_DIR": str(base / "model"),
            "SM_OUTPUT_DATA_DIR": str(base / "output/data"),
            "SM_CHECKPOINT_DIR": str(base / "checkpoints"),
        }
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "byoml_torch.train"],
            # Threads that share a core with other programs wait for each other more than they compute.
            env={"OMP_NUM_THREADS": "1", **kept, **folders, **job, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def algorithm(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the algorithm's program to its end."""

    def run(*job: Any, **variables: str) -> subprocess.CompletedProcess[str]:
        with start(*job, **variables) as process:
            stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    return run


@pytest.fixture(scope="session")
def trained(
    algorithm: Callable[..., subprocess.CompletedProcess[str]],
    channels: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A network that has learned the digits, trained once for all tests."""
    base = tmp_path_factory.mktemp("trained")
    ended = algorithm(channels, base, {"epochs": "3", "batch-size": "32", "learning_rate": "0.001", "seed": "7"})
    return Trained(ended, base / "model", base / "output/data")
