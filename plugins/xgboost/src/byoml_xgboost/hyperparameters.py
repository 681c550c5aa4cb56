"""The hyperparameters of a job, read and checked all at once: one error names every mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.algorithm import HyperparameterError, Problem
from byoml.plugin.hyperparameter_table import read_values

from byoml_xgboost.table import ALIASES, ALLOWED, OURS, WITHOUT_EFFECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from byoml.plugin.kinds import Kind

__all__ = ["Hyperparameters", "read"]

_ALL: Mapping[str, Kind] = {**OURS, **WITHOUT_EFFECT, **ALLOWED}
_REQUIRED = "num_round"


@dataclass(frozen=True)
class Hyperparameters:
    """What the algorithm trains with.

    Args:
        num_round: Boosting rounds.
        early_stopping_rounds: Rounds without a better validation metric after which training ends; None: never.
        booster: What XGBoost is given, by its own names.
        without_effect: Names that XGBoost no longer knows.
    """

    num_round: int
    early_stopping_rounds: int | None
    booster: Mapping[str, Any]
    without_effect: tuple[str, ...] = ()


def read(raw: Mapping[str, Any], *, validation: bool = True) -> Hyperparameters:
    """Read the hyperparameters of a job.

    Args:
        raw: Values by key, decoded from JSON or still text.
        validation: Whether the job has a validation channel.

    Returns:
        Typed values.

    Raises:
        HyperparameterError: Some cannot be used; it names each, what was found and what is allowed.
    """
    values, problems = read_values(raw, _ALL, ALIASES, required=(_REQUIRED,))
    problems += _dependencies(values, raw, validation=validation)
    if problems:
        raise HyperparameterError(problems)
    return Hyperparameters(
        values[_REQUIRED],
        values.get("early_stopping_rounds"),
        {name: values[name] for name in ALLOWED if name in values},
        tuple(name for name in WITHOUT_EFFECT if name in values),
    )


def _dependencies(values: Mapping[str, Any], raw: Mapping[str, Any], *, validation: bool) -> Iterator[Problem]:
    """Check values against each other, as far as each is right by itself."""
    objective = values.get("objective", "reg:squarederror")
    if objective.startswith("multi:") and "num_class" not in raw:
        yield Problem("num_class", "is missing", f"{objective} needs the number of classes")
    if not objective.startswith("multi:") and "num_class" in values and "objective" in values:
        yield Problem("num_class", f"does not go with {objective}", "it is for multi:softmax and multi:softprob")
    if "early_stopping_rounds" in values and not validation:
        yield Problem("early_stopping_rounds", "needs a validation channel", "give one, or leave it out")
    metrics = [metric.partition("@")[0] for metric in values.get("eval_metric", ())]
    if "auc" in metrics and not objective.startswith(("binary:", "rank:", "multi:")):
        yield Problem("eval_metric", f"auc does not go with {objective}", "it is for classification and ranking")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        yield Problem("eval_metric", f"aft-nloglik does not go with {objective}", "it is for survival:aft")
    yield from _of_updaters(values)


def _of_updaters(values: Mapping[str, Any]) -> Iterator[Problem]:
    updaters = values.get("updater", ())
    linear = {"shotgun", "coord_descent"}
    if updaters and values.get("booster") == "gblinear" and (len(updaters) > 1 or not linear.issuperset(updaters)):
        yield Problem.value("updater", ",".join(updaters), "shotgun or coord_descent with booster gblinear")
    if values.get("process_type") == "update" and not {"refresh", "prune"}.issuperset(updaters):
        yield Problem.value("updater", ",".join(updaters), "refresh, prune or both with process_type update")
    if sum(updater.startswith("grow_") for updater in updaters) > 1:
        yield Problem.value("updater", ",".join(updaters), "a list with at most one grow_ updater")
