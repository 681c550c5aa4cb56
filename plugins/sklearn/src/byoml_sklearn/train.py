"""The built-in algorithm, a program of its own: `python -m byoml_sklearn.train`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from byoml.plugin.algorithm import TrainingRefusedError, run
from byoml.plugin.channel_files import ChannelKindError, files_of, kind_of
from byoml.plugin.tabular import Table, read_csv

from byoml_sklearn import model_files
from byoml_sklearn.hyperparameters import make_estimator

if TYPE_CHECKING:
    from byoml.environment.channels import Channel
    from byoml.plugin.algorithm import AlgorithmJob

__all__ = ["train"]


def train(job: AlgorithmJob) -> None:
    """Fit an estimator on the channel `train`, and leave it as `model.joblib`.

    Args:
        job: The job; a line tells the accuracy on the channels `train` and `validation`.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
    """
    job.require_one_host()
    estimator: Any = make_estimator(job.hyperparameters)
    job.channel("train")
    tables = {name: _load(job.channels[name]) for name in ("train", "validation") if name in job.channels}
    try:
        estimator.fit(tables["train"].features, tables["train"].labels)
        scores = {name: estimator.score(table.features, table.labels) for name, table in tables.items()}
    except ValueError as error:
        raise TrainingRefusedError("scikit-learn", str(error).strip().split("\n", 1)[0]) from error
    told = "\t".join(f"{name}-accuracy:{score:.5f}" for name, score in scores.items())
    print(told, flush=True)  # noqa: T201  the metric line is the program's output, which the tuner reads
    model_files.save(estimator, job.model_dir)


def _load(channel: Channel) -> Table:
    files = files_of(channel)
    kind = kind_of(channel, files[0])
    if kind != "csv":
        raise ChannelKindError(channel.name, kind, ["csv"])
    table = read_csv(files, "float64", text_labels=True)
    return Table(_classes(table.labels), table.features)


def _classes(labels: Any) -> Any:
    """Keep class numbers whole, so that predictions read 1 and not 1.0."""
    whole = labels.dtype.kind == "f" and (labels == labels.round()).all()
    return labels.astype("int64") if whole else labels


if __name__ == "__main__":
    sys.exit(run(train, os.environ))
