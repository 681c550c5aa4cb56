"""Hyperparameters as parameters of the estimator."""

from __future__ import annotations

from typing import Any

import pytest
from byoml.plugin.algorithm import HyperparameterError
from byoml_sklearn.hyperparameters import make_estimator


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("max_depth", "5", 5),
        ("max_depth", 5, 5),
        ("max_depth", "None", None),
        ("max_leaf_nodes", "10", 10),
        ("criterion", "entropy", "entropy"),
        ("criterion", '"entropy"', "entropy"),
        ("max_features", "0.5", 0.5),
        ("max_features", "sqrt", "sqrt"),
        ("class_weight", "balanced", "balanced"),
        ("ccp_alpha", 0, 0),
    ],
)
def test_a_value_becomes_the_estimators_own_type(key: str, value: Any, expected: Any) -> None:
    """Whether the sender gave a text or a number."""
    assert make_estimator({key: value}).get_params()[key] == expected


def test_the_default_estimator_may_be_named() -> None:
    """Short and dotted, it is the same tree as without a name."""
    for name in ("DecisionTreeClassifier", "sklearn.tree.DecisionTreeClassifier"):
        assert type(make_estimator({"estimator": name})) is type(make_estimator({}))


def test_another_estimator_is_refused_until_it_is_supported() -> None:
    """It is not silently replaced by a tree."""
    with pytest.raises(HyperparameterError, match="estimator is 'SVC', it must be DecisionTreeClassifier"):
        make_estimator({"estimator": "SVC"})


def test_all_mistakes_are_told_at_once_in_the_estimators_words() -> None:
    """Each names key, value and what is allowed, on one line."""
    with pytest.raises(HyperparameterError) as caught:
        make_estimator({"max_depth": "deep", "max_dept": 3, "criterion": 7, "colour": "red"})

    message = str(caught.value)
    assert "max_depth is 'deep', it must be an int in the range [1, inf) or None" in message
    assert "max_dept is no parameter of DecisionTreeClassifier, did you mean max_depth?" in message
    assert "criterion is 7, it must be a str among" in message
    assert "colour is no parameter of DecisionTreeClassifier, there are ccp_alpha" in message
    assert "\n" not in message
