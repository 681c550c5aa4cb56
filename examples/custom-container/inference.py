"""Serve the curve: y for each x."""

from pathlib import Path

import numpy as np


def model_fn(model_dir: str) -> np.ndarray:
    return np.load(Path(model_dir) / "curve.npy")


def predict_fn(data: np.ndarray, model: np.ndarray) -> np.ndarray:
    return np.polyval(model, data[:, 0]).round(3)
