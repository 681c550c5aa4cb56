"""The models that all servers serve, and the row that all clients send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from load import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["MODELS", "requests"]

_JSON = "application/json"


def requests() -> Mapping[str, Row]:
    """Make the one row in each form: the first of the breast-cancer data, 30 numbers."""
    from sklearn.datasets import load_breast_cancer

    numbers = load_breast_cancer().data[0].tolist()
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
