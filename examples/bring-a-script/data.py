"""Write scikit-learn's handwritten digits as two channels, train and validation: `python data.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

_TRAIN_SHARE = 0.7


def main(folder: Path) -> None:
    """Shuffle the 1,797 images always alike, and write one row for each: its digit, then its 64 pixels."""
    digits = load_digits()
    rows = np.column_stack([digits.target, digits.data]).astype(int)
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    cut = round(_TRAIN_SHARE * len(rows))
    for channel, part in (("train", rows[:cut]), ("validation", rows[cut:])):
        path = folder / channel / "digits.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, part, fmt="%d", delimiter=",")
        print(f"{path}: {len(part)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
