"""What the plugin's tests share: real data, a real job, and the real program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from byoml.testing.algorithm import run_algorithm, start_algorithm
from byoml_chainer import library
from digits import digits, write_channels

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

_MODULE = "byoml_chainer.train"
_SECONDS = 240.0
#: Threads that wait for each other cost more than they bring where other programs run at the same time.
_THREADS = "1"


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
    return partial(start_algorithm, _MODULE, OMP_NUM_THREADS=_THREADS)


@pytest.fixture(scope="session")
def algorithm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the algorithm's program to its end."""
    return partial(run_algorithm, _MODULE, timeout=_SECONDS, OMP_NUM_THREADS=_THREADS)


@pytest.fixture(scope="session")
def small(
    algorithm: Callable[..., subprocess.CompletedProcess[str]],
    small_channels: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A model of small pictures, for whoever needs one."""
    model_dir = tmp_path_factory.mktemp("trained") / "model"
    hyperparameters = {"epochs": "2", "width": "0.0625", "batch_size": "32", "seed": "7"}
    return Trained(algorithm(small_channels, model_dir, hyperparameters), model_dir, model_dir.with_name("output"))
