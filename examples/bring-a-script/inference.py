"""Serve the model of train.py: how to load it, and how to predict. What is not defined here has a default."""

from pathlib import Path

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier


def model_fn(model_dir: str) -> RandomForestClassifier:
    """Load the model, once in each worker."""
    return joblib.load(Path(model_dir) / "model.joblib")


def predict_fn(data: np.ndarray, model: RandomForestClassifier) -> np.ndarray:
    """Name the digit of each row; `data` is the request's CSV, JSON or npy as an array."""
    return model.predict(np.asarray(data))
