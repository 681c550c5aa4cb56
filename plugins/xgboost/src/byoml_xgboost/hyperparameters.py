"""The hyperparameters of a job, read and checked all at once: one error names every mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.algorithm import HyperparameterError, Problem
from byoml.plugin.hyperparameter_table import read_values

from byoml_xgboost.measures import CLASSIFYING, MEASURES, better_is_more
from byoml_xgboost.table import ALIASES, ALLOWED, MAXIMIZED, OURS, WITHOUT_EFFECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from byoml.plugin.kinds import Kind

__all__ = ["Hyperparameters", "read"]

_ALL: Mapping[str, Kind] = {**OURS, **WITHOUT_EFFECT, **ALLOWED}
_REQUIRED = "num_round"
_DEFAULT_OBJECTIVE = "reg:squarederror"


@dataclass(frozen=True)
class Hyperparameters:
    """What the algorithm trains with.

    Args:
        num_round: Boosting rounds.
        booster: What XGBoost is given, by its own names.
        early_stopping_rounds: Rounds without a better validation metric after which training ends; None: never.
        metrics: What is measured each round, in this order on every host; empty: what XGBoost takes by itself.
        weighted: Whether the second column of CSV holds weights.
        folds: Parts of a cross-validation; None: there is none.
        repeats: How often the cross-validation is made anew.
        saved_on_stop: Whether a stopped job leaves the model as far as it is.
        dask: Whether Dask spreads the work.
        without_effect: Names that XGBoost no longer knows.
    """

    num_round: int
    booster: Mapping[str, Any]
    early_stopping_rounds: int | None = None
    metrics: tuple[str, ...] = ()
    weighted: bool = False
    folds: int | None = None
    repeats: int = 1
    saved_on_stop: bool = False
    dask: bool = False
    without_effect: tuple[str, ...] = ()

    @property
    def objective(self) -> str:
        return str(self.booster.get("objective", _DEFAULT_OBJECTIVE))

    @property
    def classes(self) -> int:
        """How many classes the objective tells apart, 0 where it predicts a number."""
        return 2 if self.objective.startswith("binary:") else int(self.booster.get("num_class", 0))

    @property
    def linear(self) -> bool:
        """Whether the model is one of weights, whose rounds cannot be told apart afterwards."""
        return self.booster.get("booster") == "gblinear"

    @property
    def measures(self) -> tuple[str, ...]:
        """Those metrics that XGBoost does not compute."""
        return tuple(name for name in self.metrics if name in MEASURES)

    @property
    def deciding(self) -> tuple[str | None, bool]:
        """The metric that stops early, the last one, and whether more of it is better; None for XGBoost's own."""
        if not self.metrics:
            return None, self.objective in ("rank:map", "rank:ndcg", "rank:pairwise")
        name = self.metrics[-1]
        return name, better_is_more(name) if name in MEASURES else name.partition("@")[0] in MAXIMIZED


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
        _booster(values),
        values.get("early_stopping_rounds"),
        _metrics(values),
        bool(values.get("csv_weights", 0)),
        values.get("_kfold"),
        values.get("_num_cv_round", 1),
        values.get("save_model_on_termination", False),
        values.get("use_dask_gpu_training", False),
        tuple(name for name in WITHOUT_EFFECT if name in values),
    )


def _metrics(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Put the tuner's metric last, where it decides on early stopping; a name counts once."""
    names = [*values.get("eval_metric", ())]
    if tuned := values.get("_tuning_objective_metric"):
        names = [name for name in names if name != tuned] + [tuned]
    return tuple(dict.fromkeys(names))


def _booster(values: Mapping[str, Any]) -> dict[str, Any]:
    """Take what XGBoost is given; `gpu_hist` is what it calls `hist` on a GPU today."""
    given = {name: values[name] for name in ALLOWED if name in values}
    if given.get("tree_method") == "gpu_hist":
        given |= {"tree_method": "hist", "device": "cuda"}
    if "updater" in given:
        given["updater"] = ",".join(given["updater"])
    metrics = _metrics(values)
    if known := [name for name in metrics if name not in MEASURES]:
        given["eval_metric"] = known
    elif metrics:
        given["disable_default_eval_metric"] = True
    return given


def _dependencies(values: Mapping[str, Any], raw: Mapping[str, Any], *, validation: bool) -> Iterator[Problem]:
    """Check values against each other, as far as each is right by itself."""
    objective = values.get("objective", _DEFAULT_OBJECTIVE)
    several = objective.startswith("multi:")
    if several and "num_class" not in raw:
        yield Problem("num_class", "is missing", f"{objective} needs the number of classes")
    if not several and "num_class" in values and ("objective" in values or "objective" not in raw):
        yield Problem("num_class", f"does not go with {objective}", "it is for multi:softmax and multi:softprob")
    yield from _of_metrics(objective, values)
    yield from _of_cross_validation(objective, values, raw)
    if "early_stopping_rounds" in values and not validation and "_kfold" not in raw:
        yield Problem("early_stopping_rounds", "needs a validation channel", "give one, or leave it out")
    yield from _of_updaters(values)
    yield from _of_devices(values)


def _of_metrics(objective: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    classes = objective.startswith(("binary:", "multi:"))
    for key, names in (("eval_metric", values.get("eval_metric", ())), *_tuned(values)):
        for name in names:
            stem = name.partition("@")[0]
            if stem in ("auc", "aucpr") and not (classes or objective.startswith("rank:")):
                yield Problem(key, f"{stem} does not go with {objective}", "it is for classification and ranking")
            if stem == "aft-nloglik" and objective != "survival:aft":
                yield Problem(key, f"aft-nloglik does not go with {objective}", "it is for survival:aft")
            if stem in CLASSIFYING and not classes:
                yield Problem(key, f"{stem} does not go with {objective}", "it is for binary: and multi: objectives")
            if stem == "f1_binary" and objective.startswith("multi:"):
                yield Problem(key, f"f1_binary does not go with {objective}", "f1_macro is for more than two classes")
            if stem in ("mse", "r2") and objective.startswith("multi:"):
                yield Problem(key, f"{stem} does not go with {objective}", "it is for predictions of one number")


def _tuned(values: Mapping[str, Any]) -> list[tuple[str, Sequence[str]]]:
    tuned = values.get("_tuning_objective_metric")
    return [("_tuning_objective_metric", (tuned,))] if tuned else []


def _of_cross_validation(objective: str, values: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    if "_num_cv_round" in values and "_kfold" not in raw:
        yield Problem("_num_cv_round", "needs _kfold", "give the number of folds, or leave both out")
    if "_kfold" in values and objective.startswith("rank:"):
        yield Problem(
            "_kfold", f"does not go with {objective}", "groups would be torn apart; give a validation channel"
        )


def _of_updaters(values: Mapping[str, Any]) -> Iterator[Problem]:
    updaters = values.get("updater", ())
    linear = {"shotgun", "coord_descent"}
    if updaters and values.get("booster") == "gblinear" and (len(updaters) > 1 or not linear.issuperset(updaters)):
        yield Problem.value("updater", ",".join(updaters), "shotgun or coord_descent with booster gblinear")
    if values.get("process_type") == "update" and not {"refresh", "prune"}.issuperset(updaters):
        yield Problem.value("updater", ",".join(updaters), "refresh, prune or both with process_type update")
    if sum(updater.startswith("grow_") for updater in updaters) > 1:
        yield Problem.value("updater", ",".join(updaters), "a list with at most one grow_ updater")
    for name in ("monotone_constraints", "interaction_constraints"):
        if name in values and values.get("booster") == "gblinear":
            yield Problem(name, "does not go with booster gblinear", "it is for trees; leave one of them out")


def _of_devices(values: Mapping[str, Any]) -> Iterator[Problem]:
    method = values.get("tree_method", "auto")
    if values.get("device") == "cuda" and method == "exact":
        yield Problem("tree_method", "exact does not go with device cuda", "it must be hist or approx there")
    if values.get("device") == "cpu" and method == "gpu_hist":
        yield Problem("tree_method", "gpu_hist does not go with device cpu", "it must be hist there")
    yield from _of_dask(method, values)


def _of_dask(method: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    if not values.get("use_dask_gpu_training"):
        return
    beside = "does not go with use_dask_gpu_training"
    if method not in ("auto", "hist", "gpu_hist"):
        yield Problem("tree_method", f"{method} {beside}", "it must be hist or gpu_hist")
    if values.get("booster") == "gblinear":
        yield Problem("booster", f"gblinear {beside}", "it must be gbtree or dart")
    if values.get("objective", "").startswith(("rank:", "survival:aft")):
        yield Problem("objective", f"{values['objective']} {beside}", "Dask would tear groups and bounds apart")
    for name in ("_kfold", "save_model_on_termination"):
        if values.get(name):
            yield Problem(name, beside, "leave one of them out")
