"""What the built-in algorithm does with its hyperparameters and channels, in this process."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from byoml.environment.channels import Channel
from byoml.errors import ConfigurationError
from byoml.job import checkpoints
from byoml.plugin.algorithm import AlgorithmJob
from byoml_xgboost import model_files
from byoml_xgboost.cross_validation import folds_of
from byoml_xgboost.hyperparameters import read
from byoml_xgboost.train import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Given = Callable[..., AlgorithmJob]

_ROWS = np.random.default_rng(0).random((120, 3)).round(3)
_ROWS[:, 0] = _ROWS[:, 1] + 0.2 * _ROWS[:, 2] > 0.6
_BINARY = {"objective": "binary:logistic", "nthread": 1, "num_round": 3, "max_depth": 2}


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Given:
    """Make a job of rows, each channel a CSV file, label first."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    def given(hyperparameters: dict[str, Any], **channels: Any) -> AlgorithmJob:
        for name, rows in channels.items():
            (tmp_path / name).mkdir(exist_ok=True)
            np.savetxt(tmp_path / name / "rows.csv", rows, "%g", ",")
        return AlgorithmJob(
            {key: value for key, value in {**_BINARY, **hyperparameters}.items() if value is not None},
            {name: Channel(name, tmp_path / name) for name in channels},
            tmp_path / "model",
            ("algo-1",),
            "algo-1",
            tmp_path / "output",
            tmp_path / "checkpoints",
        )

    return given


def model_of(job: AlgorithmJob) -> xgb.Booster:
    model = model_files.load(job.model_dir)
    assert isinstance(model, xgb.Booster)
    return model


def refused(job: AlgorithmJob) -> str:
    with pytest.raises(ConfigurationError) as caught:
        train(job)
    assert not job.model_dir.exists()
    return str(caught.value)


def test_the_model_is_the_one_that_xgboost_makes(given: Given) -> None:
    """To the last byte: nothing is added to what `xgb.train` does with the same parameters and rows."""
    job = given({"eta": "0.3", "subsample": "0.8", "seed": 5}, train=_ROWS)
    train(job)

    matrix = xgb.DMatrix(_ROWS[:, 1:].astype("float32"), _ROWS[:, 0])
    settings = {**_BINARY, "eta": 0.3, "subsample": 0.8, "seed": 5}
    settings.pop("num_round")
    assert (job.model_dir / model_files.NAME).read_bytes() == bytes(xgb.train(settings, matrix, 3).save_raw("ubj"))


def test_weights_of_csv_are_those_of_the_rows(given: Given) -> None:
    """A row of weight 0 counts as little as one that is not there."""
    weights = (np.arange(len(_ROWS)) % 3 > 0).astype(float)
    job = given({"csv_weights": 1}, train=np.insert(_ROWS, 1, weights, axis=1))
    train(job)

    matrix = xgb.DMatrix(_ROWS[:, 1:].astype("float32"), _ROWS[:, 0], weight=weights)
    direct = xgb.train({**_BINARY, "num_round": None}, matrix, 3)
    ours = model_of(job).inplace_predict(_ROWS[:, 1:].astype("float32"))
    np.testing.assert_array_equal(ours, direct.inplace_predict(_ROWS[:, 1:].astype("float32")))


def test_all_metrics_stand_in_one_line_a_round(given: Given, capsys: pytest.CaptureFixture[str]) -> None:
    """XGBoost's first, then those that it does not have, of both channels; the tuner's is among them."""
    settings = {"eval_metric": "auc,accuracy,error", "_tuning_objective_metric": "validation:f1"}
    train(given(settings, train=_ROWS[:80], validation=_ROWS[80:]))

    lines = capsys.readouterr().out.splitlines()
    names = ("auc", "error", "accuracy", "f1")
    shape = "\t".join(rf"{data}-{name}:(\d\.\d{{5}})" for data in ("train", "validation") for name in names)
    assert len(lines) == 3
    for number, line in enumerate(lines):
        found = re.fullmatch(rf"\[{number}\]\t{shape}", line)
        assert found
        _, error, accuracy, *_ = map(float, found.groups())
        assert error + accuracy == pytest.approx(1)
        assert 0.5 < accuracy < 1


def test_only_metrics_that_were_asked_for_are_measured(given: Given, capsys: pytest.CaptureFixture[str]) -> None:
    """Where XGBoost has none of them, it does not add its own."""
    train(given({"eval_metric": "accuracy"}, train=_ROWS))

    assert re.fullmatch(r"\[2\]\ttrain-accuracy:\S+", capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({"objective": "multi:softprob", "num_class": 2, "eval_metric": "mlogloss,accuracy"}, _ROWS),
        ({"objective": "multi:softmax", "num_class": 2, "eval_metric": "merror,f1_macro"}, _ROWS),
        ({"objective": "reg:squarederror", "eval_metric": "rmse,r2,mse"}, _ROWS),
        ({"objective": "reg:quantileerror", "quantile_alpha": "[0.1, 0.9]"}, _ROWS),
        ({"objective": "count:poisson"}, _ROWS),
        ({"objective": "rank:ndcg", "eval_metric": "ndcg@3"}, _ROWS),
        ({"objective": "survival:cox"}, _ROWS + 0.5),
        ({"objective": "survival:aft", "eval_metric": "aft-nloglik"}, _ROWS - 0.5),
        ({"booster": "gblinear", "updater": "coord_descent", "early_stopping_rounds": 1, "max_depth": None}, _ROWS),
        ({"booster": "dart", "rate_drop": "0.5"}, _ROWS),
        ({"tree_method": "approx", "monotone_constraints": "(1,0)"}, _ROWS),
        ({"tree_method": "exact", "interaction_constraints": "[[0,1]]"}, _ROWS),
    ],
    ids=lambda value: (
        value.get("objective", value.get("booster", value.get("tree_method"))) if isinstance(value, dict) else ""
    ),
)
def test_every_family_of_objectives_and_boosters_trains(given: Given, settings: dict[str, Any], rows: Any) -> None:
    """The model is there with its rounds, and pictures show how its metrics went."""
    job = given(settings, train=rows, validation=rows[:40])
    train(job)

    assert model_of(job).num_boosted_rounds() == 3
    assert (job.output_dir / "feature-importance.png").stat().st_size > 0
    assert list(job.output_dir.glob("learning-curve-*.png"))


@pytest.mark.parametrize("metrics", ["logloss,auc", "auc,logloss"])
def test_early_stopping_goes_by_the_last_metric(given: Given, capsys: pytest.CaptureFixture[str], metrics: str) -> None:
    """The model ends at the best round by that metric, more being better of auc and less of logloss."""
    settings = {"eval_metric": metrics, "early_stopping_rounds": 2, "num_round": 60, "eta": 1}
    job = given(settings, train=_ROWS[:60], validation=_ROWS[60:])
    train(job)

    values = [float(line.rpartition(":")[2]) for line in capsys.readouterr().out.splitlines()]
    best = int(np.argmax(values) if metrics.endswith("auc") else np.argmin(values))
    assert len(values) == best + 3 < 60
    assert model_of(job).num_boosted_rounds() == best + 1


def test_pictures_show_every_metric_and_the_features(given: Given) -> None:
    """One learning curve a metric, and one picture of what the model goes by."""
    job = given({"eval_metric": "error@0.4,auc"}, train=_ROWS)
    train(job)

    assert {path.name for path in job.output_dir.iterdir()} == {
        "learning-curve-error@0.4.png",
        "learning-curve-auc.png",
        "feature-importance.png",
    }


def test_channels_may_have_different_forms(given: Given, tmp_path: Path) -> None:
    """Each is read as what it is; a sparse one that lacks the last features has them all the same."""
    job = given({}, train=_ROWS, validation=_ROWS)
    (tmp_path / "validation" / "rows.csv").unlink()
    (tmp_path / "validation" / "rows.libsvm").write_text("1 0:0.5\n0 0:0.1\n")
    train(job)

    assert model_of(job).num_features() == 2


def test_channels_that_nobody_reads_are_refused(given: Given) -> None:
    """A channel of a wrong name would be paid for and never looked at; code's is the platform's own."""
    assert "does not read the channels test, valid; it reads train, validation" in refused(
        given({}, train=_ROWS, test=_ROWS, valid=_ROWS, code=_ROWS)
    )


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        ({"train": _ROWS[:0]}, "train: no row of channel 'train' is there"),
        ({"train": _ROWS, "validation": _ROWS[:0]}, "no row of channel 'validation' is there"),
        (
            {"train": _ROWS, "validation": _ROWS[:, :2]},
            "'train' has 2 features and channel 'validation' has 1 features",
        ),
    ],
    ids=["no-train", "no-validation", "widths"],
)
def test_data_that_cannot_be_trained_on_is_named(given: Given, channels: dict[str, Any], says: str) -> None:
    """Channel, what it has, and what is needed."""
    assert says in refused(given({}, **channels))


@pytest.mark.parametrize(
    ("settings", "label", "wanted"),
    [
        ({"objective": "binary:hinge"}, 2, "from 0 to 1"),
        ({"objective": "reg:logistic"}, -0.5, "from 0 to 1"),
        ({"objective": "multi:softmax", "num_class": 3}, 3, "a class from 0 to 2, as num_class is 3"),
        ({"objective": "multi:softprob", "num_class": 3}, 0.5, "a class from 0 to 2, as num_class is 3"),
        ({"objective": "count:poisson"}, -1, "at least 0"),
    ],
)
def test_a_label_that_the_objective_does_not_know_is_named_with_its_row(
    given: Given, settings: dict[str, Any], label: float, wanted: str
) -> None:
    """Not the rank of a class in some list of XGBoost's, but row, label, and what would be right."""
    rows = _ROWS.copy()
    rows[6, 0] = label

    message = refused(given(settings, train=rows))

    assert message.startswith(
        f"row 7 of channel 'train' has the label {label:g}; for objective {settings['objective']}"
    )
    assert message.endswith(f"it must be {wanted}")


def test_a_gpu_that_xgboost_cannot_use_is_an_error_with_the_remedy(given: Given) -> None:
    """The package for CPUs has no CUDA, and the message names the one that has."""
    if xgb.build_info()["USE_CUDA"]:
        pytest.skip("the installed XGBoost is built with CUDA")
    message = refused(given({"tree_method": "gpu_hist"}, train=_ROWS))

    assert "needs a GPU, but the installed XGBoost is built without CUDA" in message
    assert "pip install xgboost" in message


def test_monotone_constraints_are_kept(given: Given) -> None:
    """With `(-1,0)` no prediction rises with the first feature, though the labels do."""
    job = given({"monotone_constraints": "(-1,0)", "num_round": 10}, train=_ROWS)
    train(job)

    line = np.column_stack([np.linspace(0, 1, 50), np.full(50, 0.5)]).astype("float32")
    assert (np.diff(model_of(job).inplace_predict(line)) <= 0).all()


# cross-validation


def test_cross_validation_leaves_a_model_a_fold_and_predicts_each_row(
    given: Given, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both channels are one table; each repeat ends with the folds' mean, all with the mean of all."""
    job = given({"_kfold": "3", "_num_cv_round": "2", "eval_metric": "error"}, train=_ROWS[:80], validation=_ROWS[80:])
    train(job)

    assert sorted(path.name for path in job.model_dir.iterdir()) == [f"xgboost-model-{number}" for number in range(6)]
    table = np.loadtxt(job.output_dir / "predictions.csv", delimiter=",")
    np.testing.assert_array_equal(table[:, 0], _ROWS[:, 0])
    assert ((table[:, 1] > 0.5) == _ROWS[:, 0]).mean() > 0.85
    assert (table[:, 2] == _ROWS[:, 0]).mean() > 0.85
    lines = capsys.readouterr().out.splitlines()
    ends = [float(line.rpartition(":")[2]) for line in lines if line.startswith("[2]")]
    means = [float(line.rpartition(":")[2]) for line in lines if line.startswith("[3]")]
    assert len(ends) == 6
    assert means == pytest.approx([np.mean(ends[:3]), np.mean(ends[3:]), np.mean(ends)], abs=1e-5)


def test_rows_are_measured_by_models_that_never_saw_them(given: Given, capsys: pytest.CaptureFixture[str]) -> None:
    """Labels that have nothing to do with the features are learned by heart, and not foretold."""
    rows = np.random.default_rng(5).random((200, 3))
    rows[:, 0] = np.arange(200) % 2
    train(given({"_kfold": 4, "eval_metric": "error", "max_depth": 8, "num_round": 10, "eta": 1}, train=rows))

    last = capsys.readouterr().out.splitlines()[-1]
    learned, foretold = (float(value) for value in re.findall(r"error:(\S+)", last))
    assert learned < 0.1
    assert foretold > 0.35


def test_predictions_of_values_have_two_columns(given: Given) -> None:
    """Label and mean prediction: there is no class to vote for."""
    job = given({"_kfold": 2, "objective": "reg:squarederror"}, train=_ROWS)
    train(job)

    assert np.loadtxt(job.output_dir / "predictions.csv", delimiter=",").shape == (len(_ROWS), 2)


def test_folds_have_their_share_of_each_class_and_repeat_with_the_seed() -> None:
    """A class of 30 rows gives each of three folds ten; another repeat deals otherwise, the same seed alike."""
    labels = np.repeat([0, 1], [90, 30])
    settings = read({"num_round": 1, "objective": "binary:logistic", "_kfold": 3, "seed": -4})

    folds = folds_of(labels, settings, 0)

    assert [np.bincount(labels[folds == fold]).tolist() for fold in range(3)] == [[30, 10]] * 3
    assert folds.tolist() == folds_of(labels, settings, 0).tolist()
    assert folds.tolist() != folds_of(labels, settings, 1).tolist()


def test_more_folds_than_rows_are_refused(given: Given) -> None:
    """The message has both numbers."""
    assert "_kfold is 9, but there are only 4 rows" in refused(given({"_kfold": 9}, train=_ROWS[:4]))


# checkpoints


def test_a_job_goes_on_from_its_checkpoint(
    given: Given, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The rounds before are not trained again, lines and early stopping count on, and the model has all rounds."""
    job = given({"num_round": 4}, train=_ROWS, validation=_ROWS[:40])
    job.checkpoint_dir.mkdir()
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        train(job)
        first = capsys.readouterr().out.splitlines()
        kept = checkpoints.latest("xgboost-checkpoint")
        assert kept is not None
        assert kept.step == 1

        train(job)
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
            signal.signal(number, handler)

    assert "training goes on from a checkpoint of 1 rounds" in caplog.text
    assert capsys.readouterr().out.splitlines() == first[1:]
    assert model_of(job).num_boosted_rounds() == 4


def test_without_a_checkpoint_folder_nothing_is_kept_and_no_signal_is_listened_to(given: Given) -> None:
    """A stop ends such a job at once."""
    before = signal.getsignal(signal.SIGTERM)
    job = given({}, train=_ROWS)
    train(job)

    assert signal.getsignal(signal.SIGTERM) is before
    assert not job.checkpoint_dir.exists()


def test_a_checkpoint_of_other_data_is_refused_in_xgboosts_words(given: Given) -> None:
    """More features than the checkpoint's model knows cannot be learned from."""
    job = given({}, train=_ROWS)
    job.checkpoint_dir.mkdir()
    other = xgb.train({"nthread": 1}, xgb.DMatrix(np.zeros((4, 1)), np.arange(4)), 1)

    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / "model.ubj").write_bytes(other.save_raw("ubj"))
        (folder / "history.json").write_text(json.dumps({"train": {"rmse": [1.0]}}))

    checkpoints.save("xgboost-checkpoint", write, step=1)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        assert "XGBoost cannot train with this data" in refused(replace(job, hyperparameters={"num_round": 2}))
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
            signal.signal(number, handler)
