"""Hold predictions against what customers really did: `python evaluate.py LABELS PREDICTIONS`."""

import sys
from pathlib import Path

import numpy as np

_MIDDLE = 0.5


def area_under_curve(labels: np.ndarray, scores: np.ndarray) -> float:
    """Tell how often a customer who said yes has a higher score than one who said no; equal scores count half."""
    yes, no = scores[labels == 1], scores[labels == 0]
    higher = (yes[:, None] > no).mean()
    equal = (yes[:, None] == no).mean()
    return float(higher + equal / 2)


def main(labels_file: Path, predictions_file: Path) -> None:
    """Print the confusion matrix, the share of right predictions, and the area under the ROC curve."""
    labels, scores = np.loadtxt(labels_file), np.loadtxt(predictions_file)
    said = scores > _MIDDLE
    print(f"{'':>10}{'said no':>10}{'said yes':>10}")
    for name, value in (("was no", 0), ("was yes", 1)):
        of_them = said[labels == value]
        print(f"{name:>10}{np.sum(~of_them):>10}{np.sum(of_them):>10}")
    print(f"right: {np.mean(said == labels):.1%}")
    print(f"AUC: {area_under_curve(labels, scores):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
