"""The bank-marketing walkthrough: its data is prepared, trained on, served and weighed, as its README says."""

from __future__ import annotations

import runpy
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import Container

_FOLDER = "examples/xgboost-bank-marketing"
_HYPERPARAMETERS = {
    "objective": "binary:logistic",
    "num_round": "50",
    "max_depth": "5",
    "eta": "0.2",
    "gamma": "4",
    "min_child_weight": "6",
    "subsample": "0.8",
    "eval_metric": "auc",
}


def ran(script: Path, *arguments: object) -> str:
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.timeout(180)
def test_the_model_tells_well_who_will_say_yes(
    root: Path, container: Container, shared_data: Path, tmp_path: Path
) -> None:
    """Of customers that it has never seen: AUC at least 0.75, and each of them stands once in the confusion matrix."""
    folder = root / _FOLDER
    ran(folder / "data.py", shared_data / "bank-marketing", tmp_path / "bank")
    for channel in ("train", "validation"):
        container.path("input/data").mkdir(parents=True, exist_ok=True)
        (tmp_path / "bank" / channel).rename(container.path("input/data", channel))
    container.write({"input/config/hyperparameters.json": _HYPERPARAMETERS})
    env = {"BYOML_FRAMEWORK": "xgboost", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}

    trained = container.train(env)
    assert trained.exit_code == 0, trained.stderr
    assert trained.stdout.count(b"\tvalidation-auc:") == 50
    with container.serve(env) as endpoint:
        answer = endpoint.invoke((tmp_path / "bank/test/customers.csv").read_bytes(), "text/csv", "text/csv")
    (tmp_path / "predictions").write_bytes(answer.body)
    told = ran(folder / "evaluate.py", tmp_path / "bank/test/labels.csv", tmp_path / "predictions").splitlines()

    counts = [int(cell) for line in told[1:3] for cell in line.split()[2:]]
    assert sum(counts) == len(np.loadtxt(tmp_path / "bank/test/labels.csv"))
    assert float(told[-1].removeprefix("AUC: ")) >= 0.75
    pictures = {path.name for path in container.path("output/data").iterdir()}
    assert pictures == {"learning-curve-auc.png", "feature-importance.png"}


def test_raw_customers_become_numbers(root: Path, shared_data: Path) -> None:
    """The label first; numbers stay, each category is a column, and what nobody knows before the call is left out."""
    encode: Any = runpy.run_path(str(root / _FOLDER / "data.py"))["encode"]

    rows = encode(shared_data / "bank-marketing" / "bank-additional.csv")

    assert len(rows) == 4
    assert rows[:, 0].tolist() == [0, 0, 0, 0]
    assert rows[:, 1].tolist() == [1, 1, 1, 1]  # never called before
    assert rows[:, 3].tolist()[:2] == [30, 39]
    assert set(np.unique(rows[:, 4:6])) <= {0, 1}


@pytest.mark.parametrize(
    ("labels", "scores", "area"),
    [([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75), ([0, 1], [0.5, 0.5], 0.5), ([1, 0], [0.1, 0.9], 0.0)],
)
def test_the_area_is_how_often_yes_scores_higher_than_no(
    root: Path, labels: list[int], scores: list[float], area: float
) -> None:
    """Held against cases that can be counted by hand."""
    area_under_curve: Any = runpy.run_path(str(root / _FOLDER / "evaluate.py"))["area_under_curve"]

    assert area_under_curve(np.array(labels), np.array(scores)) == pytest.approx(area)
