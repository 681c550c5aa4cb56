"""The plugin passes byoml's conformance suites."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.testing.contract.capabilities import CapabilitiesContract
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract
from digits import digits
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.testing.container import Answer

_SCRIPT = """
import os
import chainer
chainer.serializers.save_npz(os.path.join(os.environ["SM_MODEL_DIR"], "model.npz"), chainer.links.Linear(2, 1))
"""


@pytest.fixture(scope="module")
def framework() -> str:
    return "chainer"


@pytest.fixture(scope="module")
def saved_model(small: Any) -> Path:
    folder: Path = small.model_dir
    assert small.ended.returncode == 0, small.ended.stderr
    return folder


@pytest.fixture(scope="module")
def payloads() -> dict[str, bytes]:
    """The same pictures in every type; an image is one."""
    pictures = digits()[0][:3, :, ::4, ::4]
    npy, png, jpeg = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(npy, pictures)
    image = Image.fromarray((pictures[0] * 255).astype(np.uint8).transpose(1, 2, 0))
    image.save(png, "PNG")
    image.save(jpeg, "JPEG")
    return {
        "application/x-npy": npy.getvalue(),
        "application/json": repr(pictures.tolist()).encode(),
        "text/csv": "".join(",".join(map(repr, row)) + "\n" for row in pictures.reshape(3, -1).tolist()).encode(),
        "image/png": png.getvalue(),
        "image/jpeg": jpeg.getvalue(),
    }


@pytest.fixture(scope="module")
def training_script() -> str:
    return _SCRIPT


@pytest.fixture(scope="module")
def algorithm_files(small_channels: Mapping[str, Path]) -> dict[str, Any]:
    files = {f"input/data/{name}/a.npz": (path / "digits.npz").read_bytes() for name, path in small_channels.items()}
    return {"input/config/hyperparameters.json": {"epochs": "1", "width": "0.0625"}, **files}


@pytest.fixture(scope="module")
def heavy_modules() -> list[str]:
    return ["chainer", "chainermn", "numpy", "PIL", "matplotlib", "mpi4py"]


class TestServing(FrameworkServingContract):
    """VGG in a real server."""

    def agree(self, alone: Answer, in_company: Answer) -> bool:
        """The last bit of a float32 may depend on how many pictures are multiplied at once."""
        one, other = (np.load(io.BytesIO(answer.body)) for answer in (alone, in_company))
        return one.shape == other.shape and np.allclose(one, other, rtol=1e-5, atol=1e-7)


class TestCapabilities(CapabilitiesContract):
    """Batches, threads and forks of VGG."""

    def check_same(self, together: Any, alone: Any) -> None:
        """As above."""
        np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-7)


class TestTraining(FrameworkTrainingContract):
    """Scripts and the built-in algorithm."""


class TestCost(ImportCostContract):
    """What `byoml --help` pays for an installed plugin."""
