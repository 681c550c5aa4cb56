"""Train a decision tree on the channel `train`: CSV rows, the species first."""

import argparse
import os
from pathlib import Path

import joblib
import numpy as np
from sklearn.tree import DecisionTreeClassifier


def read_rows(folder: str) -> tuple[np.ndarray, np.ndarray]:
    """Read all CSV files of a channel; returns measures and species."""
    files = sorted(Path(folder).glob("*.csv"))
    rows = np.concatenate([np.loadtxt(path, dtype=str, delimiter=",", ndmin=2) for path in files])
    return rows[:, 1:].astype(float), rows[:, 0]


def main() -> None:
    """Fit the tree, print how good it is on both channels, and save it where `serve` looks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-leaf-nodes", type=int, default=None, help="a hyperparameter of the job")
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    args = parser.parse_args()

    tree = DecisionTreeClassifier(max_leaf_nodes=args.max_leaf_nodes, random_state=0).fit(*read_rows(args.train))
    for name, folder in (("train", args.train), ("validation", args.validation)):
        if folder:
            measures, species = read_rows(folder)
            print(f"{name}: {len(species)} flowers, accuracy {tree.score(measures, species):.3f}")
    joblib.dump(tree, Path(args.model_dir) / "model.joblib")


if __name__ == "__main__":
    main()
