"""Lay the raw data where the first job finds it: `python data.py FOLDER [IRIS_CSV]`.

Without a file of your own the rows are those that scikit-learn brings: the species, then four measures in centimetres.
"""

import csv
import shutil
import sys
from pathlib import Path

from sklearn.datasets import load_iris


def main(folder: Path, given: Path | None = None) -> None:
    """Copy the given file, or write scikit-learn's 150 flowers."""
    folder.mkdir(parents=True, exist_ok=True)
    if given is not None:
        shutil.copyfile(given, folder / "iris.csv")
        return
    iris = load_iris()
    with (folder / "iris.csv").open("w", newline="", encoding="utf-8") as file:
        rows = zip(iris.target, iris.data.tolist(), strict=True)
        csv.writer(file, lineterminator="\n").writerows([iris.target_names[kind], *row] for kind, row in rows)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
