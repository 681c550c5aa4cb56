"""The hyperparameters of a job: the algorithm's own, and parameters of the estimator and of the pipeline's steps."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from byoml.environment.hyperparameters import SENT_BY_SDKS, decode
from byoml.plugin.algorithm import HyperparameterError, Problem
from byoml.plugin.hyperparameter_table import read_values
from byoml.plugin.kinds import Choice, Truth, Whole

from byoml_sklearn.estimators import DEFAULT, estimator_class
from byoml_sklearn.kinds import ColumnName, ColumnNames, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin.kinds import Kind

__all__ = ["Settings", "read_settings"]

_SCALERS = {
    "standard": "StandardScaler",
    "minmax": "MinMaxScaler",
    "maxabs": "MaxAbsScaler",
    "robust": "RobustScaler",
    "quantile": "QuantileTransformer",
    "power": "PowerTransformer",
}
_ENCODERS = {"onehot": "OneHotEncoder", "ordinal": "OrdinalEncoder", "target": "TargetEncoder"}
_STRATEGIES = ("mean", "median", "most_frequent")
# A category that training has not seen is none of the known ones, and no error: endpoints meet new ones every day.
_UNSEEN: dict[str, dict[str, Any]] = {
    "onehot": {"handle_unknown": "ignore", "sparse_output": False},
    "ordinal": {"handle_unknown": "use_encoded_value", "unknown_value": -1, "encoded_missing_value": -2},
    "target": {},
}
_TABLE: Mapping[str, Kind] = {
    "target": ColumnName(),
    "header": Truth(),
    "categorical": ColumnNames(),
    "scaler": Step(_SCALERS),
    "encoder": Step(_ENCODERS),
    "imputer": Choice(("none", *_STRATEGIES)),
    "cross_validation": Whole(2, 1000),
}
_ESTIMATOR = "estimator"
_STEPS = (_ESTIMATOR, "scaler", "encoder")
# How scikit-learn says it: "The 'max_depth' parameter of X must be an int ... or None. Got 'deep' instead."
_CONSTRAINT = re.compile(r"must be (?P<allowed>.*)\. Got ", re.DOTALL)
_WORDS = {"None": None, "True": True, "False": False}


@dataclass(frozen=True)
class Settings:
    """What a job asks for, all of it checked; the parts of the pipeline are made, and not yet fitted.

    Args:
        estimator: The last step.
        target: The label's column by name or number; None: there are no labels.
        header: Whether files begin with a header; None: look.
        categorical: Columns that hold categories even where they look like numbers.
        scaler: For columns of numbers, None for none.
        encoder: For columns of texts.
        imputer: How missing numbers are filled, None: not at all.
        folds: Of cross-validation, 0 for none.
    """

    estimator: Any
    target: str | int | None = 0
    header: bool | None = None
    categorical: tuple[str | int, ...] = ()
    scaler: Any = None
    encoder: Any = None
    imputer: str | None = None
    folds: int = 0


def read_settings(raw: Mapping[str, Any]) -> Settings:
    """Read a job's hyperparameters.

    Args:
        raw: Decoded from JSON or still text; the text `None` is None. `scaler__x`, `encoder__x` and `estimator__x`
            are parameters of that step, and so are all keys that are none of the algorithm's own: the estimator's.

    Returns:
        The settings.

    Raises:
        HyperparameterError: Some cannot be used; it names each, what was found and what is allowed.
    """
    own = {key: value for key, value in raw.items() if key in _TABLE and not _no_target(key, value)}
    values, problems = read_values(own, _TABLE)
    scaler, encoder = values.get("scaler"), values.get("encoder", "onehot")
    given = _parameters({key: value for key, value in raw.items() if key not in (*_TABLE, _ESTIMATOR)})
    kind = estimator_class(raw.get(_ESTIMATOR, DEFAULT))
    estimator, wrong = _made(kind, given[_ESTIMATOR], "")
    scaling, wrong_scaler = _step("scaler", _SCALERS, scaler, given["scaler"])
    encoding, wrong_encoder = _step("encoder", _ENCODERS, encoder, given["encoder"], _UNSEEN.get(encoder or ""))
    problems += [*wrong, *wrong_scaler, *wrong_encoder]
    if problems:
        raise HyperparameterError(problems)
    return Settings(
        estimator,
        None if _no_target("target", raw.get("target")) else values.get("target", 0),
        values.get("header"),
        values.get("categorical", ()),
        scaling,
        encoding,
        None if values.get("imputer") == "none" else values.get("imputer"),
        values.get("cross_validation", 0),
    )


def _no_target(key: str, value: object) -> bool:
    return key == "target" and value in ("none", "None")


def _parameters(raw: Mapping[str, Any]) -> dict[str, dict[str, tuple[str, Any]]]:
    """Sort keys by the step they are for; each has the parameter's name, the key as the user wrote it, its value."""
    sorted_: dict[str, dict[str, tuple[str, Any]]] = {step: {} for step in _STEPS}
    for key, value in raw.items():
        if key not in SENT_BY_SDKS:
            step, mark, name = key.partition("__")
            mine = bool(mark) and step in _STEPS
            sorted_[step if mine else _ESTIMATOR][name if mine else key] = (key, _typed(value))
    return sorted_


def _typed(value: Any) -> Any:
    value = decode(value)
    return _WORDS.get(value, value) if isinstance(value, str) else value


def _step(
    name: str,
    classes: Mapping[str, str],
    word: str | None,
    given: Mapping[str, tuple[str, Any]],
    defaults: Mapping[str, Any] | None = None,
) -> tuple[Any, list[Problem]]:
    """Make a step of the pipeline that is named by a word."""
    if word is None:
        return None, [Problem(key, f"is a parameter of the {name}", f"set {name} too") for key, _ in given.values()]
    from sklearn import preprocessing

    return _made(getattr(preprocessing, classes[word]), given, f"{name}__", defaults)


def _made(
    kind: type[Any], given: Mapping[str, tuple[str, Any]], prefix: str, defaults: Mapping[str, Any] | None = None
) -> tuple[Any, list[Problem]]:
    """Make an instance, or tell all that is wrong with its parameters."""
    accepted = [one for one in inspect.signature(kind).parameters.values() if one.kind is not one.VAR_POSITIONAL]
    known = sorted(one.name for one in accepted if one.kind is not one.VAR_KEYWORD)
    anything = len(known) < len(accepted)
    required = [one.name for one in accepted if one.name in known and one.default is one.empty]
    problems = [_missing(kind, f"{prefix}{name}") for name in required if name not in given]
    values = dict(defaults or {})
    for name, (key, value) in given.items():
        if name not in known and not anything:
            problems.append(_unknown(kind, key, name, [f"{prefix}{one}" for one in known]))
        elif not problems:
            values[name], wrong = _checked(kind, name, key, value)
            problems += wrong
        else:
            problems += _checked(kind, name, key, value)[1] if not required else []
    return (None if problems else kind(**values)), problems


def _missing(kind: type[Any], key: str) -> Problem:
    return Problem(key, f"is missing, which {kind.__name__} cannot do without", "set it, or write a train.py")


def _unknown(kind: type[Any], key: str, name: str, known: list[str]) -> Problem:
    close = get_close_matches(key, known, 1) or get_close_matches(name, [*_TABLE, _ESTIMATOR], 1)
    right = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    return Problem(key, f"is no parameter of {kind.__name__}", right)


def _checked(kind: type[Any], name: str, key: str, value: Any) -> tuple[Any, list[Problem]]:
    """Ask the class about one value, as about all at once it names only the first that is wrong.

    Returns:
        The value, a list as a tuple and a class's number as a number where only these are taken; what is wrong.
    """
    if name == "class_weight" and isinstance(value, dict):
        value = {decode(label): weight for label, weight in value.items()}
    reason = _refusal(kind, name, value)
    if reason and isinstance(value, list) and not _refusal(kind, name, tuple(value)):
        return tuple(value), []
    return value, [Problem.value(key, value, reason)] if reason else []


def _refusal(kind: type[Any], name: str, value: Any) -> str | None:
    # scikit-learn's `fit` would say it only after all data is read; other libraries have no such constraints.
    validate = getattr(kind, "_validate_params", None)
    if validate is None or name not in getattr(kind, "_parameter_constraints", {}):
        return None
    try:
        validate(kind(**{name: value}))
    except ValueError as error:
        said = _CONSTRAINT.search(str(error))
        return said["allowed"] if said else str(error)
    return None
