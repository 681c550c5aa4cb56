"""The plugin passes byoml's conformance suites."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from byoml.codecs.recordio_protobuf import VALUES, Record, Tensor, write
from byoml.testing.contract.capabilities import CapabilitiesContract
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract
from byoml_xgboost.content_types import JSON_LINES, LIBSVM, PARQUET
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SCRIPT = """
import os
import numpy as np
import xgboost as xgb

rows = np.random.default_rng(0).random((100, 3), dtype="float32")
model = xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(rows, rows[:, 0] > 0.5), 3)
model.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "xgboost-model.ubj"))
"""


@pytest.fixture(scope="module")
def framework() -> str:
    return "xgboost"


@pytest.fixture(scope="module")
def saved_model(model_dir: Path) -> Path:
    return model_dir


@pytest.fixture(scope="module")
def payloads(cancer: Mapping[str, Any]) -> dict[str, bytes]:
    """The same rows in every type."""
    rows = cancer["validation"][:5, 1:]
    npy, records, table = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(npy, rows)
    write(records, [Record(features={VALUES: Tensor(row)}) for row in rows])
    parquet.write_table(pa.table(list(rows.T), names=[f"c{number}" for number in range(rows.shape[1])]), table)
    lines = [" ".join(f"{index}:{cell!r}" for index, cell in enumerate(row)) for row in rows.tolist()]
    bodies = {
        "text/csv": "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist()).encode(),
        "text/libsvm": "".join(f"0 {line}\n" for line in lines).encode(),
        "application/json": repr(rows.tolist()).encode(),
        "application/jsonlines": "".join(f"{row}\n" for row in rows.tolist()).encode(),
        "application/x-recordio-protobuf": records.getvalue(),
        "application/x-parquet": table.getvalue(),
        "application/x-npy": npy.getvalue(),
    }
    others = dict.fromkeys(JSON_LINES, bodies["application/jsonlines"])
    others |= dict.fromkeys(LIBSVM, bodies["text/libsvm"]) | dict.fromkeys(PARQUET, bodies[PARQUET[0]])
    return bodies | others


@pytest.fixture(scope="module")
def training_script() -> str:
    return _SCRIPT


@pytest.fixture(scope="module")
def algorithm_files(channels: Mapping[str, Path], hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    files = {f"input/data/{name}/{name}.csv": (path / f"{name}.csv").read_bytes() for name, path in channels.items()}
    return {"input/config/hyperparameters.json": hyperparameters, **files}


@pytest.fixture(scope="module")
def heavy_modules() -> list[str]:
    return ["xgboost", "numpy", "scipy", "sklearn", "pandas"]


class TestServing(FrameworkServingContract):
    """A booster in a real server."""


class TestCapabilities(CapabilitiesContract):
    """Batches, threads and forks."""


class TestTraining(FrameworkTrainingContract):
    """Scripts and the built-in algorithm."""


class TestCost(ImportCostContract):
    """What `byoml --help` pays for an installed plugin."""
