"""The built-in algorithm as the program that it is, on scikit-learn's breast-cancer data."""

from __future__ import annotations

import json
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml_xgboost.framework import XGBoost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def test_it_trains_a_model_that_predicts_well(trained: Any, cancer: Mapping[str, Any]) -> None:
    """With the demo's hyperparameters at least 93 % of rows that it never saw are told right."""
    assert (trained.ended.returncode, trained.ended.stderr) == (0, "")
    framework = XGBoost()
    model = framework.model_fn(trained.model_dir)
    labels, features = cancer["validation"][:, 0], cancer["validation"][:, 1:].astype("float32")

    right = (framework.predict_fn(features, model) > 0.5) == labels

    assert right.mean() >= 0.93


def test_every_round_prints_a_line_that_tuners_read(trained: Any) -> None:
    """Round, then each channel's metric, with tabs between them: the shape of XGBoost's own containers."""
    lines = trained.ended.stdout.splitlines()

    assert len(lines) == 50
    for number, line in enumerate(lines):
        assert re.fullmatch(rf"\[{number}\]\ttrain-logloss:\d+\.\d+\tvalidation-logloss:\d+\.\d+", line)


def test_the_model_is_one_ubj_file_under_the_name_that_is_expected(trained: Any) -> None:
    """Nothing else lies in the folder, and the framework has nothing to say against it."""
    assert [path.name for path in trained.model_dir.iterdir()] == ["xgboost-model"]
    assert (trained.model_dir / "xgboost-model").read_bytes()[:2] == b"{L"
    assert XGBoost().check_model_dir(trained.model_dir) == []


def test_the_same_seed_gives_the_same_model(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], hyperparameters: Mapping[str, str], tmp_path: Path
) -> None:
    """A job that is run again gives the very same bytes."""
    models = []
    for name in ("first", "second"):
        algorithm(channels, tmp_path / name, {**hyperparameters, "num_round": 3})
        models.append((tmp_path / name / "xgboost-model").read_bytes())

    assert models[0] == models[1]


def test_no_validation_channel_is_needed(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """Without one, the lines tell the metrics of training alone."""
    ended = algorithm({"train": channels["train"]}, tmp_path / "model", {"num_round": 2, "eval_metric": "error,auc"})

    assert ended.returncode == 1
    ended = algorithm(
        {"train": channels["train"]},
        tmp_path / "model",
        {"num_round": 2, "objective": "binary:logistic", "eval_metric": "error,auc"},
    )
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"\[1\]\ttrain-error:\S+\ttrain-auc:\S+", ended.stdout.splitlines()[-1])


def test_early_stopping_keeps_the_best_rounds(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], hyperparameters: Mapping[str, str], tmp_path: Path
) -> None:
    """Training ends once the validation metric no longer gets better, and the model ends at its best round."""
    settings = {**hyperparameters, "eta": "1", "gamma": "0", "num_round": "400", "early_stopping_rounds": "3"}

    ended = algorithm(channels, tmp_path / "model", settings)

    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    losses = [float(line.rpartition(":")[2]) for line in lines]
    assert len(lines) < 400
    assert XGBoost().model_fn(tmp_path / "model").num_boosted_rounds() == int(np.argmin(losses)) + 1


def test_missing_values_are_learned_from(algorithm: Callable[..., Any], tmp_path: Path) -> None:
    """An empty cell is a value of its own kind, in training as in serving."""
    (tmp_path / "train.csv").write_text("1,,2\n0,1,2\n" * 50)
    job = ({"train": tmp_path / "train.csv"}, tmp_path / "model")

    assert algorithm(*job, {"num_round": 5, "objective": "binary:logistic"}).returncode == 0

    framework = XGBoost()
    missing, present = framework.predict_fn(
        np.array([[np.nan, 2], [1, 2]], "float32"), framework.model_fn(tmp_path / "model")
    )
    assert missing > 0.5 > present


@pytest.mark.parametrize(
    ("content", "settings", "line"),
    [
        ("1,2\n0,x\n", {}, r"ChannelDataError: .*train\.csv, line 2, column 2: 'x' is not a number"),
        ("1,2\n0\n", {}, r"ChannelDataError: .*train\.csv, line 2: 1 columns, but the lines before it have 2"),
        ("", {}, r"NoRowsError: .*train\.csv: no row of channel 'train' is there; .*"),
        ("1 0:2\n0 2:x\n", {}, r"ChannelDataError: .*train, line 2, column 2: '2:x' is not index:value; .*"),
        (
            "2,2\n0,1\n0,1\n",
            {},
            r"LabelsError: row 1 of channel 'train' has the label 2; for .* it must be from 0 to 1",
        ),
        ("1,2\n", {"eta": "2"}, r"HyperparameterError: hyperparameters: eta is '2', it must be a number in \[0, 1\]"),
    ],
    ids=["not-a-number", "ragged", "empty", "libsvm", "label", "hyperparameter"],
)
def test_a_mistake_of_the_user_is_one_line_that_says_what_to_do(
    algorithm: Callable[..., Any], tmp_path: Path, content: str, settings: Mapping[str, str], line: str
) -> None:
    """Exit code 1, no model, no traceback: the last line of stderr is all that a failure file needs."""
    suffix = "" if content.startswith("1 ") else ".csv"
    (tmp_path / f"train{suffix}").write_text(content)
    hyperparameters = {"num_round": "2", "objective": "binary:logistic", **settings}

    ended = algorithm({"train": tmp_path / f"train{suffix}"}, tmp_path / "model", hyperparameters)

    assert ended.returncode == 1
    assert re.fullmatch(line, ended.stderr.splitlines()[-1])
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "model").exists()


def test_channels_of_different_width_are_refused(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """The line names both channels with their numbers of features."""
    (tmp_path / "narrow.csv").write_text("1,2\n")

    ended = algorithm({**channels, "validation": tmp_path / "narrow.csv"}, tmp_path / "model", {"num_round": 1})

    assert "channel 'train' has 30 features and channel 'validation' has 1 features" in ended.stderr


def test_without_a_train_channel_the_error_names_those_there_are(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """The channel has another name, or was forgotten: the line shows which."""
    ended = algorithm({"training": channels["train"]}, tmp_path / "model", {"num_round": 1})

    assert ended.stderr.startswith("ChannelMissingError: there is no channel 'train'; the job's channels: training")


def test_the_content_type_of_the_channel_wins_over_the_files_name(
    algorithm: Callable[..., Any], tmp_path: Path
) -> None:
    """What the job says of the channel counts, whatever the files are called."""
    (tmp_path / "data.libsvm").write_text("1,2\n0,3\n")
    said = json.dumps({"train": {"ContentType": "text/csv", "TrainingInputMode": "File"}})

    ended = algorithm({"train": tmp_path}, tmp_path / "model", {"num_round": 1}, SM_INPUT_DATA_CONFIG=said)

    assert ended.returncode == 0, ended.stderr


def test_hyperparameters_without_effect_are_told(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """What today's XGBoost no longer knows is said in one line, and does not end the job."""
    ended = algorithm(channels, tmp_path / "model", {"num_round": 1, "predictor": "cpu_predictor"})

    assert ended.returncode == 0
    assert ended.stderr == "hyperparameter predictor has no effect: XGBoost no longer knows it\n"


def test_sigterm_ends_it_at_once(start: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path) -> None:
    """A job of a million rounds that is stopped after its first ends by the signal, and leaves no half of a model."""
    with start(channels, tmp_path / "model", {"num_round": 1_000_000}) as process:
        assert process.stdout.readline().startswith("[0]")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)

    assert process.returncode == -signal.SIGTERM
    assert not (tmp_path / "model").exists()


def test_the_entry_point_is_the_program_that_is_tested_here(tmp_path: Path) -> None:
    """Where the user gives no script, `python -m byoml_xgboost.train` is run."""
    from byoml.environment.training_env import TrainingEnv

    entry_point = XGBoost().default_entry_point(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}))

    assert entry_point.command([]) == (sys.executable, "-m", "byoml_xgboost.train")


def test_a_stopped_job_leaves_the_model_as_far_as_it_is_where_that_is_asked_for(
    start: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """It ends well after the round that it is in, and its model has all rounds whose lines were printed."""
    settings = {"num_round": 1_000_000, "save_model_on_termination": "true"}
    with start({"train": channels["train"]}, tmp_path / "model", settings) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, stderr = process.stdout.read(), process.stderr.read()

    assert (process.returncode, stderr) == (0, "")
    model = XGBoost().model_fn(tmp_path / "model")
    assert model.num_boosted_rounds() == len([first, *rest.splitlines()])


def test_a_job_that_is_stopped_goes_on_where_it_was(
    start: Callable[..., Any], algorithm: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """As on a Spot instance: the stop leaves a checkpoint and no model, and the next run does only what is left."""
    (tmp_path / "base" / "checkpoints").mkdir(parents=True)
    job = ({"train": channels["train"]}, tmp_path / "model")
    variables = {
        "SM_CHECKPOINT_DIR": str(tmp_path / "base" / "checkpoints"),
        "SAGEMAKER_BASE_DIR": str(tmp_path / "base"),
    }
    config = tmp_path / "base/input/config/checkpointconfig.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"LocalPath": variables["SM_CHECKPOINT_DIR"]}))
    with start(*job, {"num_round": 1_000_000}, **variables) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    done = len([first, *rest.splitlines()])
    assert process.returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "model").exists()

    ended = algorithm(*job, {"num_round": done + 2}, **variables)

    assert ended.returncode == 0, ended.stderr
    assert [line.partition("\t")[0] for line in ended.stdout.splitlines()] == [f"[{done}]", f"[{done + 1}]"]
    assert XGBoost().model_fn(tmp_path / "model").num_boosted_rounds() == done + 2
