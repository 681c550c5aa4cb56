"""The plugin passes byoml's conformance suites."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.testing.contract.capabilities import CapabilitiesContract
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.testing.container import Answer

pytestmark = pytest.mark.timeout(300)

_SCRIPT = """
import os
import torch

network = torch.nn.Linear(2, 1)
program = torch.export.export(network, (torch.zeros(2, 2),))
torch.export.save(program, os.path.join(os.environ["SM_MODEL_DIR"], "model.pt2"))
"""
# A batch is summed up in another order than one picture: the last bits of a float32 differ.
_ROUNDING = 1e-5


@pytest.fixture(scope="module")
def framework() -> str:
    return "torch"


@pytest.fixture(scope="module")
def saved_model(trained: Any) -> Path:
    folder: Path = trained.model_dir
    return folder


@pytest.fixture(scope="module")
def payloads(validation: Mapping[str, Any]) -> dict[str, bytes]:
    """The same two digits as arrays, flat rows and text; the first one as a picture."""
    two = validation["data"][:2]
    npy, png, jpeg = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(npy, two)
    picture = Image.fromarray((two[0].transpose(1, 2, 0) * 255).astype(np.uint8))
    picture.save(png, "PNG")
    picture.save(jpeg, "JPEG")
    return {
        "application/json": json.dumps(two.tolist()).encode(),
        "text/csv": "".join(",".join(map(repr, row)) + "\n" for row in two.reshape(2, -1).tolist()).encode(),
        "application/x-npy": npy.getvalue(),
        "tensor/pt": npy.getvalue(),
        "image/png": png.getvalue(),
        "image/jpeg": jpeg.getvalue(),
        "application/x-image": png.getvalue(),
    }


@pytest.fixture(scope="module")
def training_script() -> str:
    return _SCRIPT


@pytest.fixture(scope="module")
def algorithm_files(few: Mapping[str, Path]) -> dict[str, Any]:
    files = {f"input/data/{name}/digits.npz": (path / "digits.npz").read_bytes() for name, path in few.items()}
    return {"input/config/hyperparameters.json": {"epochs": "1"}, **files}


@pytest.fixture(scope="module")
def heavy_modules() -> list[str]:
    return ["torch", "numpy", "matplotlib", "PIL"]


class TestServing(FrameworkServingContract):
    """The built-in algorithm's network in a real server."""

    def agree(self, alone: Answer, in_company: Answer) -> bool:
        first, second = np.array(alone.json()), np.array(in_company.json())
        return first.shape == second.shape and bool(np.allclose(first, second, atol=_ROUNDING))


class TestCapabilities(CapabilitiesContract):
    """Batches and threads of it."""

    def check_same(self, together: Any, alone: Any) -> None:
        np.testing.assert_allclose(together, alone, atol=_ROUNDING)


class TestTraining(FrameworkTrainingContract):
    """Scripts and the built-in algorithm."""


class TestCost(ImportCostContract):
    """What `byoml --help` pays for an installed plugin."""
