"""What the plugin's tests share: real data, a real job, and the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from byoml_chainer import library
from digits import digits, write_channels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Trained(NamedTuple):
    """How the algorithm's program ended, and what it left."""

    ended: subprocess.CompletedProcess[str]
    model_dir: Path
    output_dir: Path


@pytest.fixture(scope="session", autouse=True)
def _chainer_is_loaded() -> None:
    """Before any test: an import that it tries sets a variable of os.environ, which is no test's doing."""
    library.load()


@pytest.fixture(scope="session")
def channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """scikit-learn's digits, enlarged to 3 x 32 x 32."""
    return write_channels(tmp_path_factory.mktemp("digits"), train=800, validation=300)


@pytest.fixture(scope="session")
def small_channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A few digits as they are, 3 x 8 x 8: for what does not ask how well is learned."""
    data, labels = digits()
    small, folder = data[:, :, ::4, ::4], tmp_path_factory.mktemp("small")
    for name, part in {"train": slice(0, 160), "validation": slice(160, 224)}.items():
        (folder / name).mkdir()
        np.savez(folder / name / "digits.npz", data=small[part], labels=labels[part])
    return {name: folder / name for name in ("train", "validation")}


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start the algorithm as the training road does: a program of its own, told of its job by variables."""

    def start(
        channels: Mapping[str, Path], base: Path, hyperparameters: Mapping[str, Any], **variables: str
    ) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        folders = {f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()}
        job = {
            # Two threads that wait for each other make small networks slow on a machine that is busy.
            "OMP_NUM_THREADS": "1",
            "SAGEMAKER_BASE_DIR": str(base),
            "SM_CHANNELS": json.dumps(sorted(channels)),
            "SM_HPS": json.dumps(dict(hyperparameters)),
            "SM_MODEL_DIR": str(base / "model"),
            "SM_OUTPUT_DATA_DIR": str(base / "output/data"),
            "SM_CHECKPOINT_DIR": str(base / "checkpoints"),
        }
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "byoml_chainer.train"],
            env={**kept, **folders, **job, **variables},
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
def small(
    algorithm: Callable[..., subprocess.CompletedProcess[str]],
    small_channels: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A model of small pictures, for whoever needs one."""
    base = tmp_path_factory.mktemp("trained")
    hyperparameters = {"epochs": "2", "width": "0.0625", "batch_size": "32", "seed": "7"}
    return Trained(algorithm(small_channels, base, hyperparameters), base / "model", base / "output/data")
