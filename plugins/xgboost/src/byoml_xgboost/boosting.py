"""One training of a model: `xgb.train`, with what happens after each round."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.plugin.algorithm import TrainingRefusedError

from byoml_xgboost import model_files
from byoml_xgboost.errors import HostLostError
from byoml_xgboost.measures import measuring
from byoml_xgboost.rounds import Nothing, Rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xgboost as xgb

    from byoml_xgboost.hosts import Hosts
    from byoml_xgboost.hyperparameters import Hyperparameters
    from byoml_xgboost.rounds import History, Keeper

__all__ = ["Boosted", "Start", "boost", "calling", "measures_of"]

_CONNECTION = re.compile(r"/collective/|\[comm\.|\[socket\.|allreduce\.cc|allgather\.cc|broadcast\.cc")


class Start(NamedTuple):
    """Where a training begins that another job has begun.

    Args:
        model: As far as it was.
        history: Of its rounds.
    """

    model: xgb.Booster
    history: History


class Boosted(NamedTuple):
    """What came of a training.

    Args:
        model: The model.
        history: The value of each round, by data set and metric.
        stopped: Whether it ended because the job is to stop.
    """

    model: xgb.Booster
    history: History
    stopped: bool


def boost(
    settings: Hyperparameters,
    hosts: Hosts,
    matrices: Mapping[str, xgb.DMatrix],
    keeper: Keeper | None = None,
    start: Start | None = None,
) -> Boosted:
    """Train a model.

    Args:
        settings: The job's.
        hosts: Who trains it together; each has its own rows.
        matrices: `train`, and where there is one `validation`; each round measures all of them.
        keeper: Keeps the model while it is trained.
        start: What to go on from.

    Returns:
        The same model on every host.

    Raises:
        TrainingRefusedError: XGBoost does not train with this data and these hyperparameters.
        HostLostError: Another host is gone.
    """
    import xgboost as xgb

    rounds = Rounds(settings, hosts, keeper or Nothing(), start.history if start else {})
    try:
        model = xgb.train(
            _parameters(settings, rounds.count),
            matrices["train"],
            settings.num_round - rounds.count,
            evals=[(matrix, name) for name, matrix in matrices.items()],
            verbose_eval=False,
            xgb_model=start.model if start else None,
            callbacks=[calling(rounds.after)],
            custom_metric=measures_of(settings, hosts),
        )
    except (xgb.core.XGBoostError, ValueError) as error:
        if hosts.several and _CONNECTION.search(str(error)):
            raise HostLostError(model_files.reason(error)) from None
        raise TrainingRefusedError("XGBoost", model_files.reason(error)) from error
    return Boosted(rounds.cut(model), rounds.history, rounds.stopped)


def _parameters(settings: Hyperparameters, done: int) -> dict[str, Any]:
    """Give XGBoost its parameters; a training that goes on draws other rows than at its beginning."""
    parameters = dict(settings.booster)
    if done:
        parameters["seed"] = int(parameters.get("seed", 0)) + done
    return parameters


def measures_of(settings: Hyperparameters, hosts: Hosts) -> Callable[..., list[tuple[str, float]]] | None:
    """Make what XGBoost calls for metrics that it does not have; None where it has all."""
    if not settings.measures:
        return None
    return measuring(settings.measures, settings.objective, settings.classes, hosts.add_up)


def calling(after: Callable[[xgb.Booster, Mapping[str, Any]], bool]) -> xgb.callback.TrainingCallback:
    """Make a callback of XGBoost's of what takes model and log after each round, and tells whether it was the last."""
    import xgboost as xgb

    class Calling(xgb.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
            del epoch
            return after(model, evals_log)

    return Calling()
