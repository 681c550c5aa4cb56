"""The built-in algorithm, a program of its own: `python -m byoml_xgboost.train`.

SIGTERM ends it at once, as it leaves nothing half done: the model is written whole, at the end.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from byoml.plugin.algorithm import TrainingRefusedError, run

from byoml_xgboost import data, hyperparameters, model_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xgboost as xgb
    from byoml.plugin.algorithm import AlgorithmJob

    from byoml_xgboost.hyperparameters import Hyperparameters

__all__ = ["train"]

_log = logging.getLogger(__name__)


def train(job: AlgorithmJob) -> None:
    """Train a model on the channels `train` and `validation`, and leave it as `xgboost-model`.

    Args:
        job: The job; each round prints a line of metrics.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
    """
    job.require_one_host()
    settings = hyperparameters.read(job.hyperparameters, validation="validation" in job.channels)
    for name in settings.without_effect:
        _log.warning("hyperparameter %s has no effect: XGBoost no longer knows it", name)
    job.channel("train")
    nthread = settings.booster.get("nthread")
    matrices = {
        name: data.load(job.channels[name], nthread) for name in ("train", "validation") if name in job.channels
    }
    _check_widths(matrices)
    model_files.save(_boost(settings, matrices), job.model_dir)


def _check_widths(matrices: Mapping[str, xgb.DMatrix]) -> None:
    widths = {name: matrix.num_col() for name, matrix in matrices.items()}
    if len(set(widths.values())) > 1:
        told = " and ".join(f"channel {name!r} has {width} features" for name, width in widths.items())
        raise TrainingRefusedError("XGBoost", told)


def _boost(settings: Hyperparameters, matrices: Mapping[str, xgb.DMatrix]) -> xgb.Booster:
    import xgboost as xgb

    # `[12]<tab>train-logloss:0.1<tab>validation-logloss:0.2`, whatever the verbosity.
    callbacks: list[xgb.callback.TrainingCallback] = [xgb.callback.EvaluationMonitor(logger=_print_now)]
    if rounds := settings.early_stopping_rounds:
        stopping = xgb.callback.EarlyStopping(rounds=rounds, data_name="validation", save_best=True)
        callbacks.append(stopping)
    evals = [(matrix, name) for name, matrix in matrices.items()]
    parameters = dict(settings.booster)
    try:
        return xgb.train(
            parameters, matrices["train"], settings.num_round, evals=evals, verbose_eval=False, callbacks=callbacks
        )
    except (xgb.core.XGBoostError, ValueError) as error:
        raise TrainingRefusedError("XGBoost", model_files.reason(error)) from error


def _print_now(line: str) -> None:
    print(line.rstrip("\n"), flush=True)  # noqa: T201  the metric lines are the program's output, which the tuner reads


if __name__ == "__main__":
    sys.exit(run(train, os.environ))
