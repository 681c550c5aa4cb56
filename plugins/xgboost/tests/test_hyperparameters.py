"""Hyperparameters of the built-in algorithm: what is read, and what is refused with which words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from byoml.plugin.algorithm import HyperparameterError
from byoml_xgboost.hyperparameters import read
from byoml_xgboost.table import ALIASES, ALLOWED, OURS, WITHOUT_EFFECT


def refused(**raw: Any) -> str:
    with pytest.raises(HyperparameterError) as caught:
        read({"num_round": 1, **raw})
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("max_depth", "5", 5),
        ("max_depth", 5, 5),
        ("eta", "0.2", 0.2),
        ("eta", 1, 1.0),
        ("gamma", "1e2", 100.0),
        ("subsample", 1, 1.0),
        ("tree_method", "hist", "hist"),
        ("objective", "reg:squarederror", "reg:squarederror"),
        ("eval_metric", "rmse, mae", ["rmse", "mae"]),
        ("eval_metric", ["rmse", "ndcg@3-", "error@0.4"], ["rmse", "ndcg@3-", "error@0.4"]),
        ("base_score", "-2.5", -2.5),
        ("quantile_alpha", "[0.1, 0.9]", [0.1, 0.9]),
        ("quantile_alpha", "0.5", 0.5),
        ("lambdarank_unbiased", "true", True),
        ("monotone_constraints", "(1,-1, 0)", "(1,-1,0)"),
        ("monotone_constraints", [1, 0], "(1,0)"),
        ("interaction_constraints", "[[0,1],[2,3]]", "[[0, 1], [2, 3]]"),
        ("interaction_constraints", [[0, 1]], "[[0, 1]]"),
        ("updater", "grow_colmaker, prune", "grow_colmaker,prune"),
        ("seed", "-3", -3),
    ],
)
def test_a_value_is_read_whether_it_is_text_or_json(key: str, value: Any, expected: Any) -> None:
    """Senders give texts or numbers; XGBoost gets the type that it wants."""
    settings = {"num_round": "3", key: value}
    if key == "eval_metric":
        settings["objective"] = "rank:ndcg"

    assert read(settings).booster[key] == expected


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("max_depth", "5.5", "a whole number of at least 0"),
        ("max_depth", 5.0, "a whole number of at least 0"),
        ("max_depth", True, "a whole number of at least 0"),
        ("max_depth", None, "a whole number of at least 0"),
        ("max_depth", [1], "a whole number of at least 0"),
        ("verbosity", 4, "a whole number from 0 to 3"),
        ("eta", "-0.1", "a number in [0, 1]"),
        ("eta", float("nan"), "a number in [0, 1]"),
        ("gamma", float("inf"), "a number in [0, inf)"),
        ("gamma", {"a": 1}, "a number in [0, inf)"),
        ("subsample", 0, "a number in (0, 1]"),
        ("tweedie_variance_power", 2, "a number in (1, 2)"),
        ("tree_method", "gpu", "one of auto, exact, approx, hist, gpu_hist"),
        ("device", "gpu", "one of cpu, cuda"),
        ("quantile_alpha", "[0.1, 2]", "a number in (0, 1), or a list of such"),
        ("booster", 3, "one of gbtree, gblinear, dart"),
        ("eval_metric", "rmse@3", "a comma list of"),
        ("eval_metric", "error@half", "a comma list of"),
        ("monotone_constraints", "(2,)", "a tuple of -1, 0 and 1"),
        ("monotone_constraints", "__import__('os').getcwd()", "a tuple of -1, 0 and 1"),
        ("interaction_constraints", "[[0,", "a list of lists of feature numbers"),
        ("interaction_constraints", "[0]", "a list of lists of feature numbers"),
        ("interaction_constraints", "[[-1]]", "a list of lists of feature numbers"),
        ("csv_weights", 2, "a whole number from 0 to 1"),
        ("_kfold", 1, "a whole number of at least 2"),
        ("_num_cv_round", "0", "a whole number of at least 1"),
        ("save_model_on_termination", "perhaps", "true or false"),
        ("use_dask_gpu_training", 2, "true or false"),
        ("_tuning_objective_metric", "validation", "train: or validation: and then one of aft-nloglik"),
        ("_tuning_objective_metric", "test:auc", "train: or validation: and then one of aft-nloglik"),
        ("eval_metric", "<function accuracy at 0x7f>", "a comma list of"),
        ("deterministic_histogram", "perhaps", "true or false"),
        ("early_stopping_rounds", 0, "a whole number of at least 1"),
    ],
)
def test_a_wrong_value_is_refused_naming_key_value_and_what_is_allowed(key: str, value: Any, allowed: str) -> None:
    """The message holds all three, whatever the type of the value."""
    assert f"{key} is {value!r}, it must be {allowed}" in refused(**{key: value})


def test_all_mistakes_are_told_at_once() -> None:
    """One run is enough to find them all: missing, unknown, out of range, not fitting together."""
    with pytest.raises(HyperparameterError) as caught:
        read({"eta": "5", "max_dept": 3, "objective": "multi:softprob"})

    message = str(caught.value)
    assert "num_round is missing, it must be a whole number of at least 1" in message
    assert "eta is '5'" in message
    assert "max_dept is no hyperparameter of this algorithm, did you mean max_depth?" in message
    assert "num_class is missing, multi:softprob needs the number of classes" in message


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_its_parameter(alias: str, name: str) -> None:
    """Both names give the same, and errors speak of the one that the user wrote; both at once is a mistake."""
    assert read({"num_round": 1, alias: "0.5"}).booster == {name: 0.5}
    assert f"{alias} is 'x'" in refused(**{alias: "x"})
    assert f"{alias} is the same as {name}, give one of them" in refused(**{alias: 1, name: 1})


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"objective": "reg:squarederror", "num_class": 3}, "num_class does not go with reg:squarederror"),
        ({"num_class": 3}, "num_class does not go with reg:squarederror"),
        ({"eval_metric": "auc"}, "auc does not go with reg:squarederror"),
        ({"_tuning_objective_metric": "validation:auc"}, "_tuning_objective_metric auc does not go with"),
        ({"eval_metric": "accuracy"}, "accuracy does not go with reg:squarederror"),
        ({"objective": "multi:softmax", "num_class": 3, "eval_metric": "f1_binary"}, "f1_macro is for more than two"),
        ({"objective": "multi:softmax", "num_class": 3, "eval_metric": "r2"}, "it is for predictions of one number"),
        ({"_num_cv_round": 2}, "_num_cv_round needs _kfold"),
        ({"_kfold": 2, "objective": "rank:ndcg"}, "_kfold does not go with rank:ndcg"),
        ({"_kfold": 2, "use_dask_gpu_training": "true"}, "_kfold does not go with use_dask_gpu_training"),
        (
            {"booster": "gblinear", "monotone_constraints": "(1,)"},
            "monotone_constraints does not go with booster gblinear",
        ),
        ({"device": "cuda", "tree_method": "exact"}, "exact does not go with device cuda"),
        ({"device": "cpu", "tree_method": "gpu_hist"}, "gpu_hist does not go with device cpu"),
        ({"use_dask_gpu_training": True, "tree_method": "exact"}, "exact does not go with use_dask_gpu_training"),
        ({"use_dask_gpu_training": True, "booster": "gblinear"}, "booster gblinear does not go with use_dask_gpu"),
        ({"use_dask_gpu_training": True, "objective": "rank:ndcg"}, "rank:ndcg does not go with use_dask_gpu"),
        (
            {"use_dask_gpu_training": True, "save_model_on_termination": True},
            "save_model_on_termination does not go with use_dask_gpu",
        ),
        ({"eval_metric": "aft-nloglik"}, "aft-nloglik does not go with"),
        ({"booster": "gblinear", "updater": "sync"}, "shotgun or coord_descent with booster gblinear"),
        ({"process_type": "update", "updater": "sync"}, "refresh, prune or both with process_type update"),
        ({"updater": "grow_colmaker,grow_histmaker"}, "at most one grow_ updater"),
    ],
)
def test_values_that_do_not_go_together_are_refused(raw: dict[str, Any], says: str) -> None:
    """Each is allowed by itself; the message says what it does not go with."""
    assert says in refused(**raw)


def test_early_stopping_needs_a_validation_channel() -> None:
    """Without one there is nothing that could stop it, and that is said instead of ignored."""
    raw = {"num_round": 9, "early_stopping_rounds": "2"}
    assert read(raw, validation=True).early_stopping_rounds == 2

    with pytest.raises(HyperparameterError, match="early_stopping_rounds needs a validation channel"):
        read(raw, validation=False)


def test_what_xgboost_no_longer_knows_is_checked_and_kept_apart() -> None:
    """Such a value is not handed on, and is told by name; a wrong one is still an error."""
    settings = read({"num_round": 1, "sketch_eps": "0.03"})

    assert (dict(settings.booster), settings.without_effect) == ({}, ("sketch_eps",))
    assert "sketch_eps is 2, it must be a number in (0, 1)" in refused(sketch_eps=2)


def test_metrics_keep_their_order_and_the_tuners_comes_last() -> None:
    """Every host measures in the same order; what the tuner goes by is measured even where nobody asked, once."""
    tuned = {"num_round": 1, "objective": "binary:logistic", "_tuning_objective_metric": "validation:auc"}

    assert read({**tuned, "eval_metric": "error,auc,logloss,error"}).metrics == ("error", "logloss", "auc")
    assert read(tuned).metrics == ("auc",)
    assert read({"num_round": 1}).metrics == ()


@pytest.mark.parametrize(
    ("metrics", "deciding"),
    [
        ("auc,logloss", ("logloss", False)),
        ("logloss,auc", ("auc", True)),
        ("logloss,error@0.4", ("error@0.4", False)),
        ("logloss,accuracy", ("accuracy", True)),
        ("logloss,mse", ("mse", False)),
    ],
)
def test_the_last_metric_decides_and_it_is_known_which_way_is_better(metrics: str, deciding: tuple[str, bool]) -> None:
    """Accuracies grow as a model gets better, and losses shrink."""
    assert read({"num_round": 1, "objective": "binary:logistic", "eval_metric": metrics}).deciding == deciding


def test_xgboost_gets_only_those_metrics_that_it_has() -> None:
    """Ours are measured beside; where there are no others, XGBoost does not add one of its own."""
    settings = {"num_round": 1, "objective": "binary:logistic"}

    both = read({**settings, "eval_metric": "accuracy,auc"})
    assert (both.booster["eval_metric"], both.measures) == (["auc"], ("accuracy",))
    ours = read({**settings, "eval_metric": "accuracy"})
    assert (ours.booster["disable_default_eval_metric"], ours.measures) == (True, ("accuracy",))
    assert "eval_metric" not in ours.booster


def test_the_gpus_old_method_is_todays_method_on_the_gpu() -> None:
    """`gpu_hist` is gone from XGBoost; what it meant is still there."""
    booster = read({"num_round": 1, "tree_method": "gpu_hist"}).booster

    assert booster == {"tree_method": "hist", "device": "cuda"}


def test_every_name_that_is_handed_on_is_known_to_the_installed_xgboost() -> None:
    """The table is held against XGBoost's own account of itself: what it would ignore is no hyperparameter here."""
    rows = np.random.default_rng(0).random((8, 2), dtype="float32")
    known = {"verbosity", "top_k"}  # which XGBoost reads, and does not tell of
    for settings in (
        {},
        {"booster": "dart"},
        {"booster": "gblinear"},
        {"tree_method": "approx"},
        {"objective": "reg:tweedie"},
        {"objective": "reg:quantileerror", "quantile_alpha": 0.5},
        {"objective": "reg:pseudohubererror"},
        {"objective": "multi:softmax", "num_class": 2},
        {"objective": "rank:ndcg"},
        {"objective": "survival:aft"},
        {"objective": "count:poisson"},
    ):
        data = xgb.DMatrix(rows, rows[:, 0] > 0.5, label_lower_bound=rows[:, 0], label_upper_bound=rows[:, 0])
        model = xgb.train({"nthread": 1, "verbosity": 0, **settings}, data, 1)
        known |= set(re.findall(r'"(\w+)":', model.save_config()))

    assert set(ALLOWED) <= known


def test_no_name_stands_in_two_tables() -> None:
    """A hyperparameter is ours, XGBoost's, or without effect: never two of them."""
    names = [*OURS, *WITHOUT_EFFECT, *ALLOWED, *ALIASES]

    assert len(names) == len(set(names))
