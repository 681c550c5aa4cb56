"""Hyperparameters: the algorithm's own, and parameters of the estimator and of the steps before it."""

from __future__ import annotations

from typing import Any

import pytest
from byoml.plugin.algorithm import HyperparameterError
from byoml_sklearn.hyperparameters import read_settings
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("max_depth", "5", 5),
        ("max_depth", 5, 5),
        ("max_depth", "None", None),
        ("estimator__max_depth", "5", 5),
        ("max_leaf_nodes", "10", 10),
        ("criterion", "entropy", "entropy"),
        ("criterion", '"entropy"', "entropy"),
        ("max_features", "0.5", 0.5),
        ("max_features", "sqrt", "sqrt"),
        ("class_weight", "balanced", "balanced"),
        ("class_weight", '{"0": 1, "yes": 2}', {0: 1, "yes": 2}),
        ("ccp_alpha", 0, 0),
    ],
)
def test_a_value_becomes_the_estimators_own_type(key: str, value: Any, expected: Any) -> None:
    """Whether the sender gave a text or a number."""
    assert read_settings({key: value}).estimator.get_params()[key.removeprefix("estimator__")] == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DecisionTreeClassifier", "sklearn.tree._classes"),
        ("sklearn.tree.DecisionTreeClassifier", "sklearn.tree._classes"),
        ("Ridge", "sklearn.linear_model._ridge"),
        ("LinearDiscriminantAnalysis", "sklearn.discriminant_analysis"),
    ],
)
def test_an_estimator_is_found_by_its_short_and_its_dotted_name(name: str, kind: str) -> None:
    """Also one of a module that is not among the usual ones."""
    assert type(read_settings({"estimator": name}).estimator).__module__ == kind


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("RandomForest", "did you mean RandomForest"),
        ("sklearn.tree.Tree2", "sklearn.tree has no Tree2"),
        ("no_such_library.Model", "No module named 'no_such_library'"),
        ("os.path", "os.path has no fit, predict"),
        ("PCA", "PCA has no predict"),
    ],
)
def test_what_is_no_estimator_is_refused_with_what_would_be_right(name: str, says: str) -> None:
    """It is not silently replaced by a tree."""
    with pytest.raises(
        HyperparameterError, match=f"estimator is '{name}', it must be a class .*|.*library.*"
    ) as caught:
        read_settings({"estimator": name})

    assert says in str(caught.value)


def test_steps_are_made_by_word_or_class_name_with_parameters_of_their_own() -> None:
    """What belongs to a step carries its name before two underscores."""
    raw = {"scaler": "standard", "scaler__with_mean": "false", "encoder": "OrdinalEncoder", "imputer": "median"}

    settings = read_settings({**raw, "estimator": "LogisticRegression", "C": "0.5", "cross_validation": "5"})

    assert (type(settings.scaler), settings.scaler.with_mean) == (StandardScaler, False)
    assert type(settings.encoder) is OrdinalEncoder
    assert (settings.imputer, settings.folds) == ("median", 5)
    assert (type(settings.estimator), settings.estimator.C) == (LogisticRegression, 0.5)


def test_defaults_are_a_tree_on_a_label_in_the_first_column() -> None:
    """A job without hyperparameters trains; keys that SDKs send by themselves are none of the estimator's."""
    settings = read_settings({"model_dir": "s3://bucket/model", "mp_parameters": {}})

    assert type(settings.estimator) is DecisionTreeClassifier
    assert (settings.target, settings.header, settings.scaler, settings.folds) == (0, None, None, 0)


def test_all_mistakes_are_told_at_once_in_the_estimators_words() -> None:
    """Each names key, value and what is allowed, on one line."""
    raw = {"max_depth": "deep", "max_dept": 3, "criterion": 7, "colour": "red", "scaler": "big", "cross_validation": 1}
    with pytest.raises(HyperparameterError) as caught:
        read_settings({**raw, "encoder__min_frequency": "-3"})

    message = str(caught.value)
    assert "max_depth is 'deep', it must be an int in the range [1, inf) or None" in message
    assert "max_dept is no parameter of DecisionTreeClassifier, did you mean max_depth?" in message
    assert "criterion is 7, it must be a str among" in message
    assert "colour is no parameter of DecisionTreeClassifier, there are ccp_alpha" in message
    assert "scaler is 'big', it must be one of none, standard (StandardScaler)" in message
    assert "cross_validation is 1, it must be a whole number from 2" in message
    assert "encoder__min_frequency is -3, it must be an int in the range [1, inf)" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"estimator": "OneVsRestClassifier"}, "estimator is missing, which OneVsRestClassifier cannot do without"),
        ({"scaler__with_mean": "1"}, "scaler__with_mean is a parameter of the scaler, set scaler too"),
        ({"targte": "y"}, "did you mean target?"),
    ],
)
def test_parameters_that_need_others_are_told(raw: dict[str, Any], says: str) -> None:
    """What is missing or misspelt is named, not ignored."""
    with pytest.raises(HyperparameterError) as caught:
        read_settings(raw)

    assert says in str(caught.value)


def test_a_list_is_a_tuple_where_only_that_is_taken() -> None:
    """JSON has no tuples."""
    settings = read_settings({"scaler": "robust", "scaler__quantile_range": "[10, 90]"})

    assert settings.scaler.quantile_range == (10, 90)
