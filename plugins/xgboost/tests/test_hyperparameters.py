"""Hyperparameters of the built-in algorithm: what is read, and what is refused with which words."""

from __future__ import annotations

from typing import Any

import pytest
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
        ("monotone_constraints", "(1,-1, 0)", "(1,-1,0)"),
        ("monotone_constraints", [1, 0], "(1,0)"),
        ("interaction_constraints", "[[0,1],[2,3]]", "[[0, 1], [2, 3]]"),
        ("interaction_constraints", [[0, 1]], "[[0, 1]]"),
        ("updater", "grow_colmaker,prune", ["grow_colmaker", "prune"]),
        ("seed", "-3", -3),
    ],
)
def test_a_value_is_read_whether_it_is_text_or_json(key: str, value: Any, expected: Any) -> None:
    """Senders give texts or numbers; XGBoost gets the type that it wants."""
    assert read({"num_round": "3", key: value}).booster == {key: expected}


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
        ("tree_method", "gpu_hist", "one of auto, exact, approx, hist"),
        ("booster", 3, "one of gbtree, gblinear, dart"),
        ("eval_metric", "rmse@3", "a comma list of"),
        ("eval_metric", "error@half", "a comma list of"),
        ("monotone_constraints", "(2,)", "a tuple of -1, 0 and 1"),
        ("monotone_constraints", "__import__('os').getcwd()", "a tuple of -1, 0 and 1"),
        ("interaction_constraints", "[[0,", "a list of lists of feature numbers"),
        ("interaction_constraints", "[0]", "a list of lists of feature numbers"),
        ("interaction_constraints", "[[-1]]", "a list of lists of feature numbers"),
        ("csv_weights", 1, "0 or left out"),
        ("_kfold", 5, "left out"),
        ("save_model_on_termination", "true", "false or left out"),
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
        ({"eval_metric": "auc"}, "auc does not go with reg:squarederror"),
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


def test_no_name_stands_in_two_tables() -> None:
    """A hyperparameter is ours, XGBoost's, or without effect: never two of them."""
    names = [*OURS, *WITHOUT_EFFECT, *ALLOWED, *ALIASES]

    assert len(names) == len(set(names))
