"""The built-in algorithm, a program of its own: `python -m byoml_xgboost.train`.

SIGTERM ends it at once, as it leaves nothing half done: the model is written whole, at the end. Where the job keeps
checkpoints, or wants the model of a stopped job, SIGTERM ends it after its round.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from byoml.errors import ByomlError
from byoml.plugin.algorithm import run

from byoml_xgboost import dask_training, data, devices, hyperparameters, labels, model_files, results
from byoml_xgboost.boosting import boost
from byoml_xgboost.cross_validation import Examples, cross_validate
from byoml_xgboost.errors import ExtraChannelError, NoRowsError
from byoml_xgboost.hosts import together
from byoml_xgboost.importing import import_alone
from byoml_xgboost.keeping import keeper_of, listener_of, resumed
from byoml_xgboost.matrices import Shape, agreed_width, matrix_of
from byoml_xgboost.training_rows import joined, no_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin.algorithm import AlgorithmJob

    from byoml_xgboost.hosts import Hosts
    from byoml_xgboost.hyperparameters import Hyperparameters
    from byoml_xgboost.training_rows import Rows

__all__ = ["train"]

_log = logging.getLogger(__name__)

_READ = ("train", "validation")
#: Channels of the platform's own: the user's code, and what SDK v3 brings.
_PASSED_OVER = ("code", "sm_drivers", "recipe")
_STOPPED = 128 + signal.SIGTERM


def train(job: AlgorithmJob) -> None:
    """Train a model on the channels `train` and `validation`, and leave it as `xgboost-model`.

    Args:
        job: The job; each round prints a line of metrics.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
        SystemExit: The job was stopped, and has kept a checkpoint, and no model.
    """
    job.channel("train")
    settings = hyperparameters.read(job.hyperparameters, validation="validation" in job.channels)
    for name in settings.without_effect:
        _log.warning("hyperparameter %s has no effect: XGBoost no longer knows it", name)
    extra = sorted(set(job.channels).difference(_READ, _PASSED_OVER))
    if extra:
        raise ExtraChannelError(extra, _READ)
    devices.check(settings)
    if settings.dask:
        dask_training.train(job, settings)
        return
    import_alone()
    with together(job.hosts, job.host) as hosts:
        rows, width = _load(job, settings, hosts)
        if settings.folds:
            _cross_validate(job, settings, hosts, rows, width)
        else:
            _train(job, settings, hosts, rows, width)


def _load(job: AlgorithmJob, settings: Hyperparameters, hosts: Hosts) -> tuple[dict[str, Rows], int]:
    """Load the channels; where any host cannot, all end, each with the reason."""
    names = [name for name in _READ if name in job.channels]
    found: dict[str, Rows | None] = {}
    problem = None
    try:
        for name in names:
            found[name] = rows = data.load(job.channels[name], weighted=settings.weighted)
            if rows is not None:
                labels.check(name, rows, settings)
    except ByomlError as error:
        problem = error
    hosts.agree_to_go_on(None if problem is None else str(problem))
    if problem is not None:
        raise problem
    shapes = hosts.gather({name: Shape.of(rows) for name, rows in found.items()})
    for name in names:
        if not any(shape[name].rows for shape in shapes):
            raise NoRowsError(name, job.channels[name].path, len(job.hosts))
    width = agreed_width(_named(job, shapes))
    return {name: no_rows(width) if rows is None else rows for name, rows in found.items()}, width


def _named(job: AlgorithmJob, shapes: list[dict[str, Shape]]) -> Mapping[str, Shape]:
    """Name each host's part of each channel; of one host the host goes without saying."""
    several = len(job.hosts) > 1
    return {
        f"channel {name!r}" + (f" on host {host}" if several else ""): shape
        for host, shape_of in zip(job.hosts, shapes, strict=True)
        for name, shape in shape_of.items()
    }


def _train(job: AlgorithmJob, settings: Hyperparameters, hosts: Hosts, rows: Mapping[str, Rows], width: int) -> None:
    start = resumed(job, hosts)
    nthread = settings.booster.get("nthread")
    matrices = {name: matrix_of(part, width, settings.objective, nthread) for name, part in rows.items()}
    boosted = boost(settings, hosts, matrices, keeper_of(job, settings), start)
    if boosted.stopped and not settings.saved_on_stop:
        raise SystemExit(_STOPPED)
    if hosts.first:
        model_files.save(boosted.model, job.model_dir)
        if not boosted.stopped:
            results.draw(job.output_dir, boosted.model, boosted.history)


def _cross_validate(
    job: AlgorithmJob, settings: Hyperparameters, hosts: Hosts, rows: Mapping[str, Rows], width: int
) -> None:
    examples = Examples(joined([part.widened(width) for part in rows.values()]), width)
    models = cross_validate(job, settings, hosts, examples, listener_of(settings))
    for number, (model, history) in enumerate(models):
        if hosts.first and number == 0:
            results.draw(job.output_dir, model, history)


if __name__ == "__main__":
    sys.exit(run(train, os.environ))
