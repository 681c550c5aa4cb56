"""The built-in algorithm: what it trains, prints and leaves, on data as people have it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.errors import ConfigurationError
from byoml.testing.algorithm import run_algorithm
from byoml_sklearn.framework import SKLearn
from byoml_sklearn.results import importances
from sklearn.datasets import load_iris

if TYPE_CHECKING:
    from collections.abc import Mapping

_PNG = b"\x89PNG"
_EACH_HOST = """
import os, pathlib
with pathlib.Path(os.environ["SM_MODEL_DIR"], os.environ["SM_CURRENT_HOST"]).open("a") as file:
    file.write(os.environ["SM_HOSTS"] + "\\n")
"""


def people(rows: int, *, missing: bool = True) -> str:
    """People of three cities, with a header; who is old or lives in Rome says yes."""
    cities = ("Rome", "Oslo", "") if missing else ("Rome", "Oslo", "Lima")
    lines = []
    for number in range(rows):
        age, city = (number * 37) % 80, cities[number % 3]
        height = "" if missing and number % 7 == 0 else f"{150 + number % 40}.5"
        lines.append(f"{age},{city},{height},{'yes' if age > 40 or city == 'Rome' else 'no'}")
    return "\n".join(["age,city,height,answer", *lines]) + "\n"


def test_it_trains_a_tree_with_the_hyperparameters_that_were_given(trained: Any) -> None:
    """Texts become the estimator's own types, and the model is the estimator itself."""
    assert (trained.ended.returncode, trained.ended.stderr) == (0, "")

    model = SKLearn().model_fn(trained.model_dir)

    assert type(model).__name__ == "DecisionTreeClassifier"
    assert (model.max_depth, model.random_state, model.criterion) == (4, 7, "entropy")
    assert model.classes_.dtype.kind == "i"


def test_metrics_are_printed_for_both_channels_and_are_true(trained: Any, cancer: Mapping[str, Any]) -> None:
    """The lines say what the saved model really reaches, and that is good enough for this data."""
    printed = trained.ended.stdout.splitlines()
    accuracy = re.fullmatch(r"train-accuracy:([\d.]+)\tvalidation-accuracy:([\d.]+)", printed[0])
    assert accuracy, printed
    framework, rows = SKLearn(), cancer["validation"]

    right = framework.predict_fn(rows[:, 1:], framework.model_fn(trained.model_dir)) == rows[:, 0]

    assert float(accuracy[2]) == pytest.approx(right.mean(), abs=1e-5)
    assert right.mean() >= 0.9
    names = [line.split(":")[0] for line in printed]
    assert names == [f"train-{name}" for name in _OF_CLASSES]


_OF_CLASSES = ["accuracy", "f1_macro", "precision_macro", "recall_macro", "log_loss", "roc_auc"]


def test_results_lie_beside_the_model_and_in_the_output_folder(trained: Any) -> None:
    """Pictures and metrics in `output/data`, the card with the model; and nothing half-written."""
    output = trained.model_dir.with_name("output")
    assert sorted(path.name for path in trained.model_dir.iterdir()) == ["model-card.json", "model.joblib"]
    assert sorted(path.name for path in output.iterdir()) == [
        "confusion_matrix.png",
        "feature_importance.png",
        "metrics.json",
    ]
    assert all(path.read_bytes().startswith(_PNG) for path in output.glob("*.png"))

    metrics = json.loads((output / "metrics.json").read_text())
    card = json.loads((trained.model_dir / "model-card.json").read_text())

    details = card["additional_information"]["custom_details"]
    assert card["model_overview"]["algorithm_type"] == "DecisionTreeClassifier"
    assert {"name": "max_depth", "value": "4"} in card["training_details"]["training_job_details"][
        "user_provided_hyper_parameters"
    ]
    (group,) = card["evaluation_details"][0]["metric_groups"]
    accuracy = {"name": "accuracy", "type": "number", "value": metrics["validation"]["accuracy"]}
    assert accuracy in group["metric_data"]
    assert json.loads(details["classes"]) == [0, 1]
    assert details["version_scikit-learn"] == __import__("sklearn").__version__


def test_a_header_texts_and_missing_values_are_learned_from(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The label by its name, categories encoded, numbers filled and scaled: a pipeline that knows its columns."""
    hyperparameters = {"target": "answer", "estimator": "LogisticRegression", "scaler": "standard", "imputer": "mean"}

    model = job.train({**hyperparameters, "cross_validation": "3"}, train=people(120), validation=people(30))

    assert list(model.feature_names_in_) == ["age", "city", "height"]
    printed = capsys.readouterr().out
    assert re.search(
        r"^train-accuracy:[\d.]+\tvalidation-accuracy:[\d.]+\tcross-validation-accuracy:[\d.]+$", printed, re.MULTILINE
    )
    assert "cross-validation-accuracy-std:" in printed
    assert set(importances(model, ("age", "city", "height"))) == {"age", "height", "city_Rome", "city_Oslo", "city_nan"}
    metrics = json.loads((job.output / "metrics.json").read_text())
    assert metrics["validation"]["accuracy"] > 0.8


@pytest.mark.parametrize("target", ["answer", "3", 3, -1, "-1"])
def test_the_label_is_named_or_numbered(job: Any, target: Any) -> None:
    """All of these are the same column."""
    model = job.train({"target": target, "max_depth": 2}, train=people(30))

    assert model.classes_.tolist() == ["no", "yes"]


def test_regressors_print_their_own_metrics(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A target encoder takes whole numbers for what they are here; there is no confusion matrix."""
    hyperparameters = {"target": "age", "estimator": "RandomForestRegressor", "n_estimators": 3, "encoder": "target"}

    model = job.train({**hyperparameters, "random_state": 0, "cross_validation": 2}, train=people(60))

    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[:3]] == [
        "train-rmse",
        "train-mae",
        "train-r2",
    ]
    assert model.predict is not None
    assert sorted(path.name for path in job.output.iterdir()) == ["feature_importance.png", "metrics.json"]


def test_clusters_are_found_without_labels(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`target=none` makes every column a feature."""
    model = job.train({"target": "none", "estimator": "KMeans", "n_clusters": 2}, train="1,2\n1,3\n9,9\n9,8\n")

    assert model.n_features_in_ == 2
    assert capsys.readouterr().out.startswith("train-score:")


def test_another_librarys_estimator_is_trained_by_its_dotted_name(job: Any) -> None:
    """Whatever has scikit-learn's methods; the card tells its version."""
    pytest.importorskip("xgboost", reason="another library's estimator is XGBoost's, which is not installed")

    model = job.train({"estimator": "xgboost.XGBClassifier", "n_estimators": "2"}, train="0,1\n1,2\n0,1\n1,2\n")

    assert type(model).__name__ == "XGBClassifier"
    assert "version_xgboost" in (job.model_dir / "model-card.json").read_text()


def test_class_names_are_learned_and_predicted(job: Any) -> None:
    """Labels that are texts come back as they stand in the file, which has no header."""
    iris = load_iris()
    lines = [
        f"{iris.target_names[label]},{','.join(map(str, row))}"
        for row, label in zip(iris.data, iris.target, strict=True)
    ]

    model = job.train({"max_depth": 3}, train="\n".join(lines))

    assert (SKLearn().predict_fn(iris.data, model) == iris.target_names[iris.target]).mean() > 0.95


def test_missing_values_are_learned_from(job: Any) -> None:
    """An empty cell is a value of its own kind, in training as in serving."""
    model = job.train({}, train="1,,2\n0,1,2\n" * 10)

    assert SKLearn().predict_fn(np.array([[np.nan, 2.0], [1.0, 2.0]]), model).tolist() == [1, 0]


def test_categories_that_look_like_numbers_are_categories_where_they_are_said_to_be(job: Any) -> None:
    """A zip code is no quantity: a request's number is the text that training has read."""
    model = job.train({"categorical": "1", "encoder": "onehot"}, train="a,100,1\nb,200,1\na,300,2\n" * 4)

    framework = SKLearn()
    assert model["columns"].named_transformers_["texts"].categories_[0].tolist() == ["100", "200", "300"]
    assert framework.predict_fn(np.array([[200.0, 1.0], [300, 2]]), model).tolist() == ["b", "a"]


@pytest.mark.parametrize("content_type", ["text/csv; header=present", None])
def test_a_header_is_told_or_seen(job: Any, content_type: str | None) -> None:
    """By the channel's content type, or as no cell of the first line is a number."""
    model = job.train({}, content_type, train="label,size\n1,2\n0,1\n")

    assert list(model.feature_names_in_) == ["size"]


@pytest.mark.parametrize(
    ("content", "hyperparameters", "line"),
    [
        (
            "1,2\n0,x\n",
            {},
            r"line 2, column 2: 'x' is not a number, as the cells above it are; .*categorical",
        ),
        ("1,x\n0,2\n", {}, r"line 2, column 2: '2' is a number, and the column has texts above it"),
        ("1,2\n0\n", {}, r"rows\.csv, line 2: 1 columns, but the lines before it have 2"),
        ("a,b\n1,2\n0\n", {}, r"rows\.csv, line 3: 1 columns, but the header has 2"),
        ("1,2\n,3\n", {}, r"rows\.csv, line 2, column 1: the label is missing"),
        ("1,2\n0,inf\n", {}, r"line 2, column 2: 'inf' is not finite; an empty cell is a missing value"),
        ("", {}, r"rows\.csv: no row in it"),
        ("a,b\n", {"header": "true"}, r"rows\.csv: no row below the header"),
        ("a,b\nc,d\n", {}, r"whether the first line is a header cannot be told: .* set the hyperparameter header"),
        ("a,a\n1,2\n", {"header": "true"}, r"line 1: the header has 'a' more than once"),
        ("1;2\n0;3\n", {}, r"only one column found; a line is the label and its features, with commas"),
        ('1,"2\n', {}, r"rows\.csv, line 1: not CSV: unexpected end of data"),
        (
            "0.5,2\n0.7,1\n",
            {},
            r"DecisionTreeClassifier is a classifier, and the labels are .* not whole",
        ),
        ("a,2\nb,1\n", {"estimator": "Ridge"}, r"Ridge is a regressor, and the labels are texts; they must be numbers"),
        ("a,b\n1,2\n", {"target": "c"}, r"target is 'c', it must be one of a, b, or a number from 0 to 1"),
        ("1,2\n", {"target": "c"}, r"target is 'c', it must be a number from 0 to 1; the data has no header"),
        ("1,2\n0,\n", {"estimator": "LogisticRegression"}, r"takes no missing values, and there are some in column_1"),
        ("1,2\n0,1\n", {"cross_validation": 2}, r"cross_validation is 2, and there are 1 rows of class 0"),
        ("0,2\n0,1\n", {"estimator": "LogisticRegression"}, r"scikit-learn cannot train .*needs samples of at least 2"),
        ("1,2\n", {"max_depth": "0"}, r"hyperparameters: max_depth is 0, it must be an int"),
    ],
)
def test_a_mistake_of_the_user_is_an_error_that_says_what_to_do(
    job: Any, content: str, hyperparameters: Mapping[str, Any], line: str
) -> None:
    """It names file, line and column, or the hyperparameter; and no model is left."""
    with pytest.raises(ConfigurationError, match=line):
        job.train(hyperparameters, train=content)

    assert not job.model_dir.exists()


def test_validation_must_have_the_columns_of_training(job: Any) -> None:
    """A text where training had numbers is told with the channel that had them."""
    with pytest.raises(ConfigurationError, match="size has texts here, and numbers in the channel train"):
        job.train({}, train="label,size\n1,2\n0,1\n", validation="label,size\n1,big\n0,small\n")


def test_files_of_a_channel_have_one_header(tmp_path: Path) -> None:
    """Another order of columns would be learned as it stands, so it is refused."""
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.csv").write_text("label,size\n1,2\n")
    (tmp_path / "train" / "b.csv").write_text("size,label\n2,1\n")

    ended = run_algorithm("byoml_sklearn.train", {"train": tmp_path / "train"}, tmp_path / "model")

    assert ended.returncode == 1
    line = r"ChannelDataError: .*b\.csv, line 1: the header is size, label; it must be label, size"
    assert re.fullmatch(line, ended.stderr.splitlines()[-1])
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SM_INPUT_DATA_CONFIG": json.dumps({"train": {"ContentType": "text/libsvm"}})}, "holds libsvm.* reads csv"),
        ({"SM_HOSTS": '["algo-1","algo-2"]'}, "SettingError: hosts of resourceconfig.json"),
    ],
    ids=["kind", "hosts"],
)
def test_a_job_that_cannot_be_done_is_refused_in_one_line(tmp_path: Path, variables: Any, says: str) -> None:
    """Another kind of data, and several hosts, which would all train the same model."""
    (tmp_path / "train.csv").write_text("1,2\n")

    ended = run_algorithm("byoml_sklearn.train", {"train": tmp_path}, tmp_path / "model", **variables)

    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
    assert re.search(says, ended.stderr)


def test_a_script_runs_as_one_process_on_each_host(tmp_path: Path) -> None:
    """Each is told its host; the job's model is what all of them leave (contract/training 5.9)."""
    (tmp_path / "train.py").write_text(_EACH_HOST)
    byoml = str(Path(sys.executable).with_name("byoml"))
    command = [byoml, "local", "train", "--framework", "sklearn", "--source", str(tmp_path)]
    command += ["--entry-point", "train.py", "--hosts", "2", "--output", str(tmp_path / "job")]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in (tmp_path / "job/model").iterdir()) == ["127.0.0.1", "127.0.0.2"]
    for path in (tmp_path / "job/model").iterdir():
        assert path.read_text() == '["127.0.0.1","127.0.0.2"]\n'


def test_the_entry_point_is_the_program_that_is_tested_here(tmp_path: Path) -> None:
    """Where the user gives no script, `python -m byoml_sklearn.train` is run."""
    from byoml.environment.training_env import TrainingEnv

    entry_point = SKLearn().default_entry_point(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}))

    assert entry_point.command([]) == (sys.executable, "-m", "byoml_sklearn.train")
