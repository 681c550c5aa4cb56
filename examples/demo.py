"""What `make demo` runs: train, serve and predict, with a built-in algorithm and then with a script."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

_BYOML = str(Path(sys.executable).parent / "byoml")
_SCRIPT = Path(__file__).resolve().parent / "bring-a-script"
_TRAIN_SHARE = 0.7
_LEAST_ACCURACY = 0.93
_HYPERPARAMETERS = {
    "max_depth": "5",
    "eta": "0.2",
    "gamma": "4",
    "min_child_weight": "6",
    "subsample": "0.7",
    "objective": "binary:logistic",
    "num_round": "50",
}


def main() -> int:
    """Run both halves; returns 1 where one of them predicts worse than it must."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="byoml-demo-") as name, ThreadPoolExecutor(1) as background:
        folder = Path(name)
        # Most of the time goes into importing libraries, on one core: the second part trains while the first one runs.
        trained = background.submit(train_script, folder)
        accuracies = [built_in_algorithm(folder), script(folder, trained)]
    print(f"\nBoth parts took {time.monotonic() - started:.1f} s.")
    if min(accuracies) >= _LEAST_ACCURACY:
        return 0
    print(f"The accuracy must be at least {_LEAST_ACCURACY}.", file=sys.stderr)
    return 1


def built_in_algorithm(folder: Path) -> float:
    """Train XGBoost on the breast-cancer data without a script, serve it, and predict the validation rows."""
    heading("XGBoost's built-in algorithm on scikit-learn's breast-cancer data")
    names, validation = write_breast_cancer(folder / "breast-cancer")
    output = folder / "xgboost"
    train(
        *("--framework", "xgboost"),
        *channels(folder / "breast-cancer"),
        *(word for key, value in _HYPERPARAMETERS.items() for word in ("--hp", f"{key}={value}")),
        *("--output", str(output)),
    )
    with served(str(output / "model.tar.gz"), "--framework", "xgboost") as url:
        probabilities = predict(url, validation[:, 1:])
    return show(validation[:, 0].astype(int), (probabilities > 1 / 2).astype(int), names)


def train_script(folder: Path) -> str:
    """Train `bring-a-script`, whose files know nothing of byoml, on the digits; returns all that was printed."""
    commands = [
        [sys.executable, str(_SCRIPT / "data.py"), str(folder / "digits")],
        [
            *(_BYOML, "local", "train", "--framework", "none", "--source", str(_SCRIPT), "--entry-point", "train.py"),
            *channels(folder / "digits"),
            *("--hp", "trees=50", "--output", str(folder / "script")),
        ],
    ]
    printed = []
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        printed.append(f"{shown(command)}\n{done.stdout}")
        if done.returncode:
            sys.exit("".join(printed))
    return "".join(printed)


def script(folder: Path, trained: Future[str]) -> float:
    """Show how the script was trained, serve it, and predict the validation rows."""
    heading("Your own train.py and inference.py on scikit-learn's digits")
    print(trained.result(), end="", flush=True)
    with served(str(folder / "script/model.tar.gz"), "--framework", "none", "--source", str(_SCRIPT)) as url:
        validation = np.loadtxt(folder / "digits/validation/digits.csv", delimiter=",")
        predicted = predict(url, validation[:, 1:])
    return show(validation[:, 0].astype(int), predicted.astype(int), [str(digit) for digit in range(10)])


def write_breast_cancer(folder: Path) -> tuple[list[str], np.ndarray]:
    """Write CSV as the algorithm wants it, no header, the label first; returns class names and validation rows."""
    # The file that load_breast_cancer() reads; importing scikit-learn for it would take longer than all training.
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        sys.exit("the demo needs scikit-learn: pip install byoml[sklearn,xgboost]")
    source = Path(package.origin).parent / "datasets/data/breast_cancer.csv"
    names = source.read_text(encoding="utf-8").partition("\n")[0].split(",")[2:]
    rows = np.roll(np.loadtxt(source, delimiter=",", skiprows=1), 1, axis=1)  # the label is the last column there
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    cut = round(_TRAIN_SHARE * len(rows))
    for channel, part in (("train", rows[:cut]), ("validation", rows[cut:])):
        (folder / channel).mkdir(parents=True)
        np.savetxt(folder / channel / "rows.csv", part, fmt="%.10g", delimiter=",")
        print(f"{channel}: {len(part)} rows of {part.shape[1] - 1} features")
    return names, rows[cut:]


def channels(folder: Path) -> list[str]:
    return [word for name in ("train", "validation") for word in ("--channel", f"{name}={folder / name}")]


def train(*args: str) -> None:
    """Run `byoml local train`; its output, with the metrics of each round, goes straight through."""
    command = [_BYOML, "local", "train", *args]
    print(shown(command), flush=True)
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.exit(code)


@contextmanager
def served(*args: str) -> Iterator[str]:
    """Run `byoml local serve` on a free port; gives the URL that it prints, and stops it at the end."""
    command = [_BYOML, "local", "serve", *args, "--port", "0"]
    print(shown(command), flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                sys.exit(server.wait())
            print(line, end="", flush=True)
            yield line.removeprefix("serving at ").partition(";")[0]
        finally:
            server.terminate()
    print("the server has stopped")


def predict(url: str, features: np.ndarray) -> np.ndarray:
    """Send all rows in one request, as text/csv."""
    body = "\n".join(",".join(f"{value:.10g}" for value in row) for row in features)
    headers = {"Content-Type": "text/csv", "Accept": "text/csv"}
    request = urllib.request.Request(f"{url}/invocations", body.encode(), headers)  # noqa: S310  our own server
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  our own server
        text = answer.read().decode()
    print(f"sent {len(features)} rows as text/csv")
    return np.array(text.replace(",", " ").split(), dtype=float)


def show(actual: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> float:
    """Print the overall rate and the confusion matrix; returns the rate."""
    accuracy = float((actual == predicted).mean())
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (actual, predicted), 1)
    width = max(len(name) for name in names)
    print(f"\naccuracy: {accuracy:.4f} ({int((actual == predicted).sum())} of {len(actual)} right)\n")
    print("confusion matrix: a row for each actual class, a column for each predicted one")
    print(" ".join(name.rjust(width) for name in ["", *names]))
    for name, row in zip(names, counts, strict=True):
        print(" ".join([name.rjust(width), *(str(count).rjust(width) for count in row)]))
    return accuracy


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


def shown(command: Sequence[str]) -> str:
    """Write a command as a person would type it."""
    return f"$ {' '.join([Path(command[0]).name, *command[1:]])}"


if __name__ == "__main__":
    sys.exit(main())
