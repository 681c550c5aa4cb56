"""The built-in algorithm, a program of its own: `python -m byoml_sklearn.train`."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from byoml.errors import ByomlError
from byoml.plugin.algorithm import TrainingRefusedError, run
from byoml.plugin.model_files import written_whole

from byoml_sklearn import model_card, model_files
from byoml_sklearn.examples import read_examples
from byoml_sklearn.hyperparameters import read_settings
from byoml_sklearn.pipeline import assemble, check_fit
from byoml_sklearn.results import write_results
from byoml_sklearn.scores import cross_validated, scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin.algorithm import AlgorithmJob

    from byoml_sklearn.examples import Examples
    from byoml_sklearn.hyperparameters import Settings

__all__ = ["train"]

_CROSS_VALIDATION = "cross-validation"
_OWN = ("sklearn", "builtins")


def train(job: AlgorithmJob) -> None:
    """Fit an estimator on the channel `train`, and leave it as `model.joblib` beside its card.

    Args:
        job: The job; one line a metric tells its value on the channels `train` and `validation`, and by
            cross-validation.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
    """
    job.require_one_host()
    settings = read_settings(job.hyperparameters)
    examples = _channels(job, settings)
    model = assemble(settings, examples["train"])
    try:
        metrics = _fitted(model, settings, examples)
    except (ValueError, TypeError) as error:
        if isinstance(error, ByomlError):
            raise
        raise TrainingRefusedError("scikit-learn", str(error).strip().split("\n", 1)[0]) from error
    _tell(metrics)
    write_results(job.output_dir, model, examples.get("validation", examples["train"]), metrics)
    model_files.save(model, job.model_dir)
    card = model_card.make_card(model, examples["train"], job.hyperparameters, metrics, _library(settings.estimator))
    with written_whole(job.model_dir / model_card.NAME) as part:
        part.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _channels(job: AlgorithmJob, settings: Settings) -> dict[str, Examples]:
    found = {"train": read_examples(job.channel("train"), settings)}
    if "validation" in job.channels:
        found["validation"] = read_examples(job.channels["validation"], settings, found["train"])
    for name, examples in found.items():
        check_fit(settings, examples, name)
    return found


def _fitted(model: Any, settings: Settings, examples: Mapping[str, Examples]) -> dict[str, dict[str, float]]:
    """Fit the model; returns its metrics by channel, those of cross-validation among them."""
    train = examples["train"]
    means: dict[str, float] = {}
    if settings.folds:
        for name, (mean, deviation) in cross_validated(model, train, settings.folds).items():
            means |= {name: mean, f"{name}-std": deviation}
    model.fit(train.features, train.labels)
    found = {name: scored(model, each) for name, each in examples.items()}
    return {**found, _CROSS_VALIDATION: means} if means else found


def _tell(metrics: Mapping[str, Mapping[str, float]]) -> None:
    """Print a line for each metric, with its value on each channel: what tuning jobs and people read."""
    names = dict.fromkeys(name for found in metrics.values() for name in found)
    for metric in names:
        told = (f"{channel}-{metric}:{found[metric]:.5f}" for channel, found in metrics.items() if metric in found)
        print("\t".join(told), flush=True)  # noqa: T201  the program's output


def _library(estimator: Any) -> str:
    """Name the distribution of an estimator that is not scikit-learn's."""
    from importlib.metadata import packages_distributions

    root = type(estimator).__module__.partition(".")[0]
    return "" if root in _OWN else next(iter(packages_distributions().get(root, ())), "")


if __name__ == "__main__":
    sys.exit(run(train, os.environ))
