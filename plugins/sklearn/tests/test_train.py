"""The built-in algorithm as the program that it is, on scikit-learn's breast-cancer data and on flowers."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml_sklearn.framework import SKLearn
from sklearn.datasets import load_iris

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def test_it_trains_a_tree_with_the_hyperparameters_that_were_given(trained: Any) -> None:
    """Texts become the estimator's own types, and the model is the estimator itself."""
    assert (trained.ended.returncode, trained.ended.stderr) == (0, "")

    model = SKLearn().model_fn(trained.model_dir)

    assert type(model).__name__ == "DecisionTreeClassifier"
    assert (model.max_depth, model.random_state, model.criterion) == (4, 7, "entropy")
    assert model.classes_.dtype.kind == "i"


def test_accuracy_is_printed_for_both_channels_and_is_true(trained: Any, cancer: Mapping[str, Any]) -> None:
    """The line says what the saved model really reaches, and that is good enough for this data."""
    printed = re.fullmatch(r"train-accuracy:([\d.]+)\tvalidation-accuracy:([\d.]+)\n", trained.ended.stdout)
    assert printed
    framework = SKLearn()
    rows = cancer["validation"]

    right = framework.predict_fn(rows[:, 1:], framework.model_fn(trained.model_dir)) == rows[:, 0]

    assert float(printed[2]) == pytest.approx(right.mean(), abs=1e-5)
    assert right.mean() >= 0.9


def test_class_names_are_learned_and_predicted(algorithm: Callable[..., Any], tmp_path: Path) -> None:
    """Labels that are texts come back as they stand in the file."""
    iris = load_iris()
    lines = [
        f"{iris.target_names[label]},{','.join(map(str, row))}"
        for row, label in zip(iris.data, iris.target, strict=True)
    ]
    (tmp_path / "iris.csv").write_text("\n".join(lines))

    ended = algorithm({"train": tmp_path / "iris.csv"}, tmp_path / "model", {"max_depth": 3})

    assert ended.returncode == 0, ended.stderr
    framework = SKLearn()
    predictions = framework.predict_fn(iris.data, framework.model_fn(tmp_path / "model"))
    assert (predictions == iris.target_names[iris.target]).mean() > 0.95


def test_missing_values_are_learned_from(algorithm: Callable[..., Any], tmp_path: Path) -> None:
    """An empty cell is a value of its own kind, in training as in serving."""
    (tmp_path / "train.csv").write_text("1,,2\n0,1,2\n" * 10)

    ended = algorithm({"train": tmp_path / "train.csv"}, tmp_path / "model", {})

    assert ended.returncode == 0, ended.stderr
    framework = SKLearn()
    model = framework.model_fn(tmp_path / "model")
    assert framework.predict_fn(np.array([[np.nan, 2.0], [1.0, 2.0]]), model).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("content", "hyperparameters", "line"),
    [
        ("1,2\n0,x\n", {}, r"ChannelDataError: .*train\.csv, line 2, column 2: 'x' is not a number"),
        ("label,size\n1,2\n", {}, r"ChannelDataError: .*line 1, column 2: 'size' is not a number; .*no header line"),
        ("1,2\n0\n", {}, r"ChannelDataError: .*line 2: 1 columns, but the lines before it have 2"),
        ("", {}, r"ChannelDataError: .*train\.csv: no row in it"),
        ("0.5,2\n0.7,1\n", {}, r"TrainingRefusedError: scikit-learn cannot train .*continuous.*"),
        ("1,2\n", {"max_depth": "0"}, r"HyperparameterError: hyperparameters: max_depth is 0, it must be an int.*"),
    ],
    ids=["not-a-number", "header", "ragged", "empty", "label", "hyperparameter"],
)
def test_a_mistake_of_the_user_is_one_line_that_says_what_to_do(
    algorithm: Callable[..., Any], tmp_path: Path, content: str, hyperparameters: Mapping[str, str], line: str
) -> None:
    """Exit code 1, no model, no traceback: the last line of stderr is all that a failure file needs."""
    (tmp_path / "train.csv").write_text(content)

    ended = algorithm({"train": tmp_path / "train.csv"}, tmp_path / "model", hyperparameters)

    assert ended.returncode == 1
    assert re.fullmatch(line, ended.stderr.splitlines()[-1])
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "model").exists()


def test_another_kind_of_data_is_refused(algorithm: Callable[..., Any], tmp_path: Path) -> None:
    """The channel's content type is believed, and the line says what is read here."""
    (tmp_path / "train.csv").write_text("1,2\n")
    said = json.dumps({"train": {"ContentType": "text/libsvm"}})

    ended = algorithm({"train": tmp_path}, tmp_path / "model", {}, SM_INPUT_DATA_CONFIG=said)

    assert "ChannelKindError: channel 'train' holds libsvm" in ended.stderr
    assert "it reads csv" in ended.stderr


def test_several_hosts_are_refused(algorithm: Callable[..., Any], tmp_path: Path) -> None:
    """All of them would train the same tree, so the job ends at once and says so."""
    ended = algorithm({}, tmp_path, {}, SM_HOSTS='["algo-1","algo-2"]')

    assert ended.stderr.startswith("SettingError: hosts of resourceconfig.json")


def test_the_entry_point_is_the_program_that_is_tested_here(tmp_path: Path) -> None:
    """Where the user gives no script, `python -m byoml_sklearn.train` is run."""
    from byoml.environment.training_env import TrainingEnv

    entry_point = SKLearn().default_entry_point(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}))

    assert entry_point.command([]) == (sys.executable, "-m", "byoml_sklearn.train")
