"""The hyperparameters of a job, as the estimator's own parameters: its own constraints say what is allowed."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from byoml.environment.hyperparameters import decode
from byoml.plugin.algorithm import HyperparameterError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sklearn.base import BaseEstimator

__all__ = ["make_estimator"]

_ESTIMATOR = "estimator"
_DEFAULT = "DecisionTreeClassifier"
# How scikit-learn says it: "The 'max_depth' parameter of X must be an int ... or None. Got 'deep' instead."
_CONSTRAINT = re.compile(r"must be (?P<allowed>.*)\. Got ", re.DOTALL)


def make_estimator(raw: Mapping[str, Any]) -> BaseEstimator:
    """Make the estimator that a job asks for, not yet fitted.

    Args:
        raw: Hyperparameters, decoded from JSON or still text; the text `None` is None.

    Returns:
        The estimator.

    Raises:
        HyperparameterError: Some cannot be used; it names each, what was found and what is allowed.
    """
    from sklearn.tree import DecisionTreeClassifier

    values = {key: None if value == "None" else decode(value) for key, value in raw.items() if key != _ESTIMATOR}
    asked = raw.get(_ESTIMATOR, _DEFAULT)
    if asked not in (_DEFAULT, f"sklearn.tree.{_DEFAULT}"):
        allowed = f"{_DEFAULT} or left out; this version of byoml trains no other estimator without a script yet"
        raise HyperparameterError([Problem.value(_ESTIMATOR, asked, allowed)])
    known = list(DecisionTreeClassifier().get_params())
    problems = [_unknown(key, known) for key in values if key not in known]
    problems += [problem for key in values if key in known for problem in _check(DecisionTreeClassifier, key, values)]
    if problems:
        raise HyperparameterError(problems)
    return DecisionTreeClassifier(**values)


def _unknown(key: str, known: list[str]) -> Problem:
    close = get_close_matches(key, known, 1)
    right = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    return Problem(key, f"is no parameter of {_DEFAULT}", right)


def _check(kind: type[Any], key: str, values: Mapping[str, Any]) -> list[Problem]:
    """Ask the estimator about one value, as about all at once it names only the first that is wrong."""
    try:
        kind(**{key: values[key]})._validate_params()  # noqa: SLF001  `fit` would say it only after all data is read
    except ValueError as error:
        said = _CONSTRAINT.search(str(error))
        return [Problem.value(key, values[key], said["allowed"] if said else str(error))]
    return []
