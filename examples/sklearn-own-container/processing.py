"""Split the raw rows: channels `train` and `validation`, and rows without their species for a batch transform."""

import argparse
import csv
import os
import random
from pathlib import Path


def write(path: Path, rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"{path.parent.name}/{path.name}: {len(rows)} rows")


def main() -> None:
    """Shuffle the rows always alike, so that each part has all species."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train-share", type=float, default=0.7)
    parser.add_argument("--raw", type=Path, default=os.environ.get("SM_PROCESSING_INPUT_RAW"))
    parser.add_argument("--split", type=Path, default=os.environ.get("SM_PROCESSING_OUTPUT_SPLIT"))
    args = parser.parse_args()

    rows = [row for path in sorted(args.raw.glob("*.csv")) for row in csv.reader(path.open(encoding="utf-8")) if row]
    random.Random(0).shuffle(rows)  # noqa: S311  a split needs no secrets
    cut = round(args.train_share * len(rows))
    write(args.split / "train" / "iris.csv", rows[:cut])
    write(args.split / "validation" / "iris.csv", rows[cut:])
    write(args.split / "batch" / "flowers.csv", [row[1:] for row in rows[cut:]])


if __name__ == "__main__":
    main()
