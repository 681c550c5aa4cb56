"""Fit a curve through points: CSV rows of x and y, in the channel `points`."""

import argparse
import os
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--degree", type=int, default=1)
args = parser.parse_args()

x, y = np.loadtxt(Path(os.environ["SM_CHANNEL_POINTS"]) / "points.csv", delimiter=",", unpack=True)
curve = np.polyfit(x, y, args.degree)
print(f"largest error: {np.abs(np.polyval(curve, x) - y).max():.3f}")
np.save(Path(os.environ["SM_MODEL_DIR"]) / "curve.npy", curve)
