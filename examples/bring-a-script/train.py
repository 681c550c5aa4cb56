"""Train a classifier on rows of numbers, the label first; it knows SageMaker's variables, and nothing of byoml."""

import argparse
import os
from pathlib import Path

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier


def read_rows(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read all CSV files of a channel, and split them into features and labels."""
    rows = np.concatenate([np.loadtxt(path, delimiter=",", ndmin=2) for path in sorted(folder.glob("*.csv"))])
    return rows[:, 1:], rows[:, 0].astype(int)


def main() -> None:
    """Fit on the channel `train`, print the accuracy on the channel `validation`, and save the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=100, help="a hyperparameter of the job: --hp trees=50")
    parser.add_argument("--max-depth", type=int, default=None)
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    args = parser.parse_args()

    features, labels = read_rows(args.train)
    if not len(labels):
        parser.error(f"{args.train} has no rows")
    model = RandomForestClassifier(args.trees, max_depth=args.max_depth, random_state=0)
    model.fit(features, labels)
    print(f"train: {len(labels)} rows, accuracy {model.score(features, labels):.4f}")
    if args.validation:
        features, labels = read_rows(args.validation)
        print(f"validation: {len(labels)} rows, accuracy {model.score(features, labels):.4f}")
    joblib.dump(model, args.model_dir / "model.joblib")


if __name__ == "__main__":
    main()
