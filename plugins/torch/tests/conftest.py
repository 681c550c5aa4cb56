"""What the plugin's tests share: real pictures, a real job, and the real program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from byoml.testing.algorithm import run_algorithm, start_algorithm
from digits import write_channels

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_MODULE = "byoml_torch.train"
_SECONDS = 240.0
#: Threads that wait for each other cost more than they bring where other programs run at the same time.
_THREADS = "1"


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
    return partial(start_algorithm, _MODULE, OMP_NUM_THREADS=_THREADS)


@pytest.fixture(scope="session")
def algorithm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the algorithm's program to its end."""
    return partial(run_algorithm, _MODULE, timeout=_SECONDS, OMP_NUM_THREADS=_THREADS)


@pytest.fixture(scope="session")
def trained(
    algorithm: Callable[..., subprocess.CompletedProcess[str]],
    channels: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A network that has learned the digits, trained once for all tests."""
    model_dir = tmp_path_factory.mktemp("trained") / "model"
    ended = algorithm(channels, model_dir, {"epochs": "3", "batch-size": "32", "learning_rate": "0.001", "seed": "7"})
    return Trained(ended, model_dir, model_dir.with_name("output"))
