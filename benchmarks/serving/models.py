"""The models that all servers serve, and the row that all clients send.

Run as a program with a model's name and a folder, it trains the model into the folder and prints the row: in a process
of its own, as the libraries change the environment of the one that imports them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from load import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["MODELS", "make", "requests"]

_JSON = "application/json"


def make(name: str, folder: Path) -> Sequence[float]:
    """Train a model into a folder.

    Args:
        name: One of MODELS.
        folder: Where to.

    Returns:
        The row: the first of the breast-cancer data, 30 numbers.
    """
    command = [sys.executable, __file__, name, str(folder)]
    row: Sequence[float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return row


def requests(numbers: Sequence[float]) -> Mapping[str, Row]:
    """Write the row in each form that servers ask for."""
    line = ",".join(str(number) for number in numbers).encode()
    v2 = {"inputs": [{"name": "x", "shape": [1, len(numbers)], "datatype": "FP32", "data": numbers}]}
    plain = json.dumps({"data": [numbers]}).encode()
    return {
        "csv": Row("/invocations", line, "text/csv", "text/csv"),
        "litserve": Row("/predict", plain, _JSON, _JSON),
        "bentoml": Row("/predict", plain, _JSON, _JSON),
        "mlserver": Row("/v2/models/rows/infer", json.dumps(v2).encode(), _JSON, _JSON),
    }


def _xgboost(folder: Path) -> None:
    import xgboost as xgb
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    settings = {"max_depth": 5, "objective": "binary:logistic", "nthread": 1, "seed": 0}
    booster = xgb.train(settings, xgb.DMatrix(data.data, data.target), 100)
    (folder / "xgboost-model").write_bytes(booster.save_raw("ubj"))


def _sklearn(folder: Path) -> None:
    import joblib
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load_breast_cancer()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(data.data, data.target)
    joblib.dump(pipeline, folder / "model.joblib")


#: What writes each model into its folder.
MODELS: Mapping[str, Callable[[Path], None]] = {"xgboost": _xgboost, "sklearn": _sklearn}


if __name__ == "__main__":
    from sklearn.datasets import load_breast_cancer

    MODELS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(load_breast_cancer().data[0].tolist()))
