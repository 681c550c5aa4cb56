"""The model and the rows, as every hand-written server of the benchmark uses them."""

import os
from pathlib import Path

import numpy as np


def load():
    folder = Path(os.environ["BENCH_MODEL"])
    if (folder / "xgboost-model").is_file():
        import xgboost as xgb

        return xgb.Booster(model_file=bytearray((folder / "xgboost-model").read_bytes()))
    import joblib

    return joblib.load(folder / "model.joblib")


def from_csv(text):
    return np.array([line.split(",") for line in text.splitlines()], dtype="float32")


def predict(model, table):
    if hasattr(model, "inplace_predict"):
        return model.inplace_predict(table, validate_features=False)
    return model.predict(table)


def to_csv(prediction):
    return "".join(f"{number}\n" for number in prediction)
