"""Training spread by Dask, as `use_dask_gpu_training` asks for: each worker reads a part of the files.

Without a GPU it computes on the CPUs of all hosts. The default way, XGBoost's own collective, needs no Dask, reads
every content type and keeps checkpoints.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.environment.channels import data_files
from byoml.plugin.algorithm import TrainingRefusedError
from byoml.plugin.channel_files import kind_of

from byoml_xgboost import dask_cluster, labels, model_files, results
from byoml_xgboost.boosting import calling, measures_of
from byoml_xgboost.data import read_files
from byoml_xgboost.errors import DaskChannelError, NoRowsError
from byoml_xgboost.hosts import Hosts
from byoml_xgboost.matrices import Shape, agreed_width
from byoml_xgboost.rounds import Nothing, Rounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import xgboost as xgb
    from byoml.environment.channels import Channel
    from byoml.plugin.algorithm import AlgorithmJob

    from byoml_xgboost.hyperparameters import Hyperparameters
    from byoml_xgboost.rounds import History
    from byoml_xgboost.training_rows import Rows

__all__ = ["train"]

_log = logging.getLogger(__name__)
_READ = ("train", "validation")
_KINDS = ("csv", "parquet")


def train(job: AlgorithmJob, settings: Hyperparameters) -> None:
    """Train a model on the channels `train` and `validation`, and leave it as `xgboost-model` on the first host.

    Args:
        job: The job; the first host gives the work out, and the others do their part of it.
        settings: Its hyperparameters.

    Raises:
        ConfigurationError: Channels, their data, or Dask, which is not installed.
    """
    dask_cluster.require()
    channels = [job.channels[name] for name in _READ if name in job.channels]
    problems = [problem for channel in channels for problem in _problems(job, channel)]
    if problems:
        raise DaskChannelError(problems)
    if job.rank:
        dask_cluster.help_along(job)
        return
    if not job.gpus:
        _log.warning("use_dask_gpu_training: there is no GPU, so Dask trains on the CPUs")
    with dask_cluster.client_of(job) as client:
        model, history = _train(job, settings, client, channels)
    model_files.save(model, job.model_dir)
    results.draw(job.output_dir, model, history)


def _problems(job: AlgorithmJob, channel: Channel) -> Iterator[str]:
    if channel.mode == "Pipe":
        yield f"channel {channel.name!r} is in Pipe mode; it must be in File or FastFile mode"
        return
    if len(job.hosts) > 1 and channel.distribution != "FullyReplicated":
        yield f"channel {channel.name!r} is {channel.distribution}; on several hosts it must be FullyReplicated"
    for path in data_files(channel.path)[:1]:
        kind = kind_of(channel, path)
        if kind not in _KINDS:
            yield f"channel {channel.name!r} holds {kind}; it must be {' or '.join(_KINDS)}"


@dataclass(frozen=True)
class _Part:
    """What one worker reads: a file, or each n-th row of it."""

    channel: Channel
    path: Path
    settings: Hyperparameters
    which: int = 0
    of: int = 1

    def read(self) -> Rows | None:
        import numpy as np

        rows = read_files(self.channel, [self.path], weighted=self.settings.weighted)
        if rows is None:
            return None
        labels.check(self.channel.name, rows, self.settings)
        return rows.taken(np.arange(self.which, len(rows), self.of))


def _train(
    job: AlgorithmJob, settings: Hyperparameters, client: Any, channels: Sequence[Channel]
) -> tuple[xgb.Booster, History]:
    from xgboost import dask as dxgb
    from xgboost.core import XGBoostError

    parts = {channel.name: _read(client, channel, settings) for channel in channels}
    for channel in channels:
        if not parts[channel.name]:
            raise NoRowsError(channel.name, channel.path, len(job.hosts))
    agreed_width({f"channel {name!r}": found[0][1] for name, found in parts.items()})
    matrices = {name: _matrix(client, found, settings) for name, found in parts.items()}
    workers = _Workers(list(client.scheduler_info(n_workers=-1)["workers"]))
    try:
        trained = dxgb.train(
            client,
            dict(settings.booster),
            matrices["train"],
            settings.num_round,
            evals=[(matrix, name) for name, matrix in matrices.items()],
            verbose_eval=False,
            callbacks=[calling(Rounds(settings, workers, Nothing(), {}).after)],
            custom_metric=measures_of(settings, workers),
        )
    except (XGBoostError, ValueError) as error:
        raise TrainingRefusedError("XGBoost", model_files.reason(error)) from error
    history = _plain(trained["history"])
    return Rounds(settings, workers, Nothing(), history).cut(trained["booster"]), history


def _plain(history: Mapping[str, Mapping[str, Sequence[Any]]]) -> History:
    return {
        data: {metric: [float(value) for value in values] for metric, values in metrics.items()}
        for data, metrics in history.items()
    }


class _Workers(Hosts):
    """The workers, as each of them sees the others while it trains."""

    @property
    def first(self) -> bool:
        from xgboost import collective

        return collective.get_rank() == 0


def _read(client: Any, channel: Channel, settings: Hyperparameters) -> list[tuple[Any, Shape]]:
    """Have the workers read a channel; gives each part that has rows, where it lies and how large it is."""
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    files = data_files(channel.path)
    pieces = 1 if len(files) >= workers else workers
    parts = [_Part(channel, path, settings, which, pieces) for path in files for which in range(pieces)]
    futures = client.map(_Part.read, parts, pure=False)
    shapes = client.gather(client.map(Shape.of, futures, pure=False))
    return [(future, shape) for future, shape in zip(futures, shapes, strict=True) if shape.rows]


def _matrix(client: Any, parts: Sequence[tuple[Any, Shape]], settings: Hyperparameters) -> Any:
    from xgboost import dask as dxgb

    width = agreed_width({f"part {number}": shape for number, (_, shape) in enumerate(parts)})
    weights = _array(parts, "weights", ()) if settings.weighted else None
    return dxgb.DaskDMatrix(client, _array(parts, "features", (width,)), _array(parts, "labels", ()), weight=weights)


def _array(parts: Sequence[tuple[Any, Shape]], name: str, more: tuple[int, ...]) -> Any:
    """Make one array of what lies on the workers, without moving it."""
    import dask
    import dask.array as da

    pick = dask.delayed(getattr, pure=True)
    return da.concatenate([da.from_delayed(pick(part, name), (shape.rows, *more), "float32") for part, shape in parts])
