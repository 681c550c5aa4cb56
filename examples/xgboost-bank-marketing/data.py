"""Write UCI's bank-marketing rows as channels, label first: `python data.py FILE-OR-FOLDER OUTPUT`.

Taken are the raw file `bank-additional.csv` or `bank-additional-full.csv`, whose categories become columns of 0 and 1;
or a folder with rows that are numbers already, in `test_x.csv`, and their labels in `test_y.csv`.
"""

import csv
import sys
from pathlib import Path

import numpy as np

_TRAIN, _VALIDATION = 0.7, 0.2
#: Known only once the customer has answered, or about the year and not the customer: no use for telling who will.
_DROPPED = ("duration", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")
_NOT_WORKING = ("student", "retired", "unemployed")
_NEVER_CALLED = 999


def encode(raw: Path) -> np.ndarray:
    """Make numbers of the raw rows: the label, the numbers as they are, and a column for each category."""
    with raw.open(encoding="utf-8", newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        customers = list(csv.DictReader(file, delimiter=delimiter))
    columns = [[float(customer["y"] == "yes") for customer in customers]]
    columns.append([float(int(customer["pdays"]) == _NEVER_CALLED) for customer in customers])
    columns.append([float(customer["job"] in _NOT_WORKING) for customer in customers])
    for name in customers[0]:
        if name == "y" or name in _DROPPED:
            continue
        values = [customer[name] for customer in customers]
        try:
            columns.append([float(value) for value in values])
        except ValueError:
            columns += [[float(value == category) for value in values] for category in sorted(set(values))]
    return np.array(columns).T


def read(source: Path) -> np.ndarray:
    """Read rows, the label first."""
    if source.is_file():
        return encode(source)
    features, labels = (np.loadtxt(source / name, delimiter=",") for name in ("test_x.csv", "test_y.csv"))
    return np.column_stack([labels, features])


def main(source: Path, output: Path) -> None:
    """Shuffle the rows always alike; 70 % are trained on, 20 % watch it, and 10 % are kept to be predicted."""
    rows = read(source)
    rows = rows[np.random.default_rng(1729).permutation(len(rows))]
    cuts = [round(_TRAIN * len(rows)), round((_TRAIN + _VALIDATION) * len(rows))]
    train, validation, test = np.split(rows, cuts)
    parts = {"train/train.csv": train, "validation/validation.csv": validation}
    parts |= {"test/labels.csv": test[:, :1], "test/customers.csv": test[:, 1:]}
    for name, part in parts.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(output / name, part, fmt="%g", delimiter=",")
        print(f"{name}: {len(part)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
