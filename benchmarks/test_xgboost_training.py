"""What the built-in XGBoost algorithm costs beside `xgb.train`, and its loading beside pandas' and XGBoost's own.

A run of each is followed by a run of the next, in one process, so that whatever else the machine does falls on all
alike; compared are medians. Sizes and rounds are those of `BYOML_BENCH_ROWS` (200,000) and `BYOML_BENCH_ROUNDS` (5).
"""

from __future__ import annotations

import os
import statistics
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ROWS = int(os.environ.get("BYOML_BENCH_ROWS") or 200_000)
ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 5)
COLUMNS = 50
TREES = 50
# Text of so many numbers is read for seconds.
FILE_ROWS = ROWS // 4


@pytest.fixture(scope="module")
def table() -> Any:
    """Rows whose label depends on some features, label first."""
    random = np.random.default_rng(0)
    rows = random.random((ROWS, COLUMNS + 1), dtype="float32")
    rows[:, 0] = rows[:, 1] + rows[:, 2] * rows[:, 3] + 0.3 * rows[:, 4] > 1
    return rows


def test_training_beside_xgboosts_own(table: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same model comes of both; what the algorithm adds to each round is printed, and the goal is at most 3 %."""
    from byoml.plugin.algorithm import AlgorithmJob
    from byoml_xgboost import hyperparameters
    from byoml_xgboost.boosting import boost
    from byoml_xgboost.hosts import Hosts
    from byoml_xgboost.keeping import keeper_of

    matrix = xgb.DMatrix(table[:, 1:], table[:, 0])
    parameters = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.2}
    settings = hyperparameters.read({**parameters, "num_round": TREES, "save_model_on_termination": "true"})
    plain = hyperparameters.read({**parameters, "num_round": TREES})
    job = AlgorithmJob({}, {}, tmp_path, ("algo-1",), "algo-1", tmp_path, tmp_path / "none")
    models: dict[str, Any] = {}

    def direct() -> None:
        models["direct"] = xgb.train(parameters, matrix, TREES, evals=[(matrix, "train")], verbose_eval=False)

    def ours() -> None:
        models["ours"] = boost(plain, Hosts(["algo-1"]), {"train": matrix}).model

    def kept() -> None:
        models["kept"] = boost(settings, Hosts(["algo-1"]), {"train": matrix}, keeper_of(job, settings)).model

    found = alternate({"xgb.train": direct, "byoml": ours, "byoml, model kept on termination": kept})
    with capsys.disabled():
        print(f"\ntraining, {ROWS} x {COLUMNS}, {TREES} rounds\n{report(found, 'xgb.train')}")
    if len({bytes(model.save_raw("ubj")) for model in models.values()}) > 1:
        pytest.fail("the models are not the same")


@pytest.mark.parametrize("form", ["csv", "libsvm"])
def test_loading_beside_pandas_and_xgboosts_own(
    table: Any, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All read the same number of rows and features; seconds until XGBoost has its matrix are printed."""
    import pandas as pd
    from byoml.environment.channels import Channel
    from byoml_xgboost import data
    from byoml_xgboost.matrices import matrix_of
    from byoml_xgboost.training_rows import no_rows

    path = tmp_path / f"rows.{form}"
    write(path, table[:FILE_ROWS], form)
    shapes: dict[str, tuple[int, int]] = {}

    def ours() -> None:
        rows = data.load(Channel("train", path)) or no_rows(0)
        found = matrix_of(rows, rows.width, "reg:squarederror")
        shapes["byoml"] = (found.num_row(), found.num_col())

    def theirs() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that text input is deprecated
            found = xgb.DMatrix(f"{path}?format={form}" + ("&label_column=0" if form == "csv" else ""))
        shapes["xgboost"] = (found.num_row(), found.num_col())

    def pandas() -> None:
        frame = pd.read_csv(path, header=None, dtype="float32").to_numpy()
        found = xgb.DMatrix(frame[:, 1:], frame[:, 0])
        shapes["pandas"] = (found.num_row(), found.num_col())

    ways = {"xgboost": theirs, "byoml": ours, **({"pandas": pandas} if form == "csv" else {})}
    found = alternate(ways)
    with capsys.disabled():
        print(f"\nloading {form}, {FILE_ROWS} x {COLUMNS}\n{report(found, 'xgboost')}")
    if set(shapes.values()) != {(FILE_ROWS, COLUMNS)}:
        pytest.fail(f"not all read all: {shapes}")


def write(path: Path, rows: Any, form: str) -> None:
    """Write rows as text, the label first."""
    if form == "csv":
        np.savetxt(path, rows, "%.6g", ",")
        return
    shape = "%g " + " ".join(f"{column}:%.6g" for column in range(COLUMNS))
    np.savetxt(path, rows, shape)


def alternate(ways: Mapping[str, Callable[[], None]]) -> dict[str, list[float]]:
    """Run each way in turn; gives the seconds of each round, the first of which is left out."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    return {name: found[1:] for name, found in seconds.items()}


def report(seconds: Mapping[str, list[float]], base: str) -> str:
    """Write a table: medians, and the median of what each takes more than the base in the same round."""
    lines = []
    for name, found in seconds.items():
        more = statistics.median(one / other - 1 for one, other in zip(found, seconds[base], strict=True))
        lines.append(f"{name:<34}{statistics.median(found):>9.3f} s{more:>+9.1%}")
    return "\n".join(lines)
