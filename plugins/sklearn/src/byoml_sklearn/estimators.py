"""The class that a name stands for: scikit-learn's by its short name, an installed library's by its dotted one."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Any

from byoml.plugin.algorithm import HyperparameterError, Problem

__all__ = ["DEFAULT", "estimator_class", "task_of"]

DEFAULT = "DecisionTreeClassifier"
_KEY = "estimator"
# Looked through before all others, which take a second to import.
_USUAL = ("tree", "ensemble", "linear_model", "svm", "neighbors", "naive_bayes", "neural_network")
_METHODS = ("fit", "predict", "get_params", "set_params")


def estimator_class(name: object) -> type[Any]:
    """Find an estimator's class.

    Args:
        name: A class of scikit-learn such as `LogisticRegression`, or `library.module.Class`.

    Returns:
        The class, which has fit, predict, get_params and set_params.

    Raises:
        HyperparameterError: There is none, or it does not predict; it names what is close.
    """
    text = str(name)
    kind = _dotted(text) if "." in text else _short(text)
    missing = [method for method in _METHODS if not hasattr(kind, method)]
    if not isinstance(kind, type) or missing:
        raise _wrong(name, f"a class with {', '.join(_METHODS)}; {text} has no {', '.join(missing) or 'constructor'}")
    return kind


def _short(name: str) -> Any:
    for module in _USUAL:
        found = getattr(import_module(f"sklearn.{module}"), name, None)
        if isinstance(found, type):
            return found
    from sklearn.utils.discovery import all_estimators

    known = dict(all_estimators())
    if name not in known:
        close = get_close_matches(name, known, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise _wrong(name, f"a class of scikit-learn, or library.module.Class of an installed library{hint}")
    return known[name]


def _dotted(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(import_module(module), attribute, None)
    except Exception as error:  # a library's import may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise _wrong(name, f"library.module.Class of an installed library; {module} gives {reason}") from error
    if found is None:
        raise _wrong(name, f"library.module.Class of an installed library; {module} has no {attribute}")
    return found


def _wrong(name: object, allowed: str) -> HyperparameterError:
    return HyperparameterError([Problem.value(_KEY, name, allowed)])


def task_of(model: Any) -> str | None:
    """Tell what an estimator or pipeline does: `classifier`, `regressor`, `clusterer` ...; None: it does not say."""
    from sklearn.utils import get_tags

    try:
        told: str | None = get_tags(model).estimator_type
    except (AttributeError, TypeError):  # an estimator of another library, from before there were tags
        told = getattr(model, "_estimator_type", None)
    return told
