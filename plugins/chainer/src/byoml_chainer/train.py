"""The built-in algorithm, a program of its own: `python -m byoml_chainer.train`."""

from __future__ import annotations

import os
import random
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from byoml.job import pictures
from byoml.job.stopping import should_stop
from byoml.plugin.algorithm import run

from byoml_chainer import data, model_files, ranks
from byoml_chainer.hyperparameters import Hyperparameters
from byoml_chainer.predicting import predict
from byoml_chainer.snapshots import Snapshots
from byoml_chainer.training import draw_curves, make_trainer
from byoml_chainer.vgg import Facts, make_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin.algorithm import AlgorithmJob
    from byoml.plugin.image_arrays import LabelledImages

__all__ = ["train"]

_CHUNK = 64


def train(environ: Mapping[str, str], job: AlgorithmJob) -> None:
    """Train VGG on the channels `train` and `validation`, and leave it as `model.npz`.

    Args:
        environ: The program's variables: mpirun's, and where checkpoints lie.
        job: The job; each epoch is a line of metrics. Once it is to stop, the model is saved as it is.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
        ContainerError: Chainer or MPI is missing.
    """
    should_stop()  # from here on a signal ends the program only when the model is saved
    settings = Hyperparameters.read(job.hyperparameters)
    all_ranks = ranks.joined(environ, len(job.hosts))
    images = data.load(job, all_ranks)
    facts = Facts(images.train.shape, images.classes, settings.width, settings.dropout)
    _seed(settings)
    network = make_network(facts)
    trainer = make_trainer(network, images, settings, all_ranks, job.output_dir)
    _run(trainer, _snapshots(job, facts, images.train, environ), all_ranks)
    all_ranks.equalize(network)
    if all_ranks.is_first:
        model_files.save(network, facts, job.model_dir)
        draw_curves(trainer, job.output_dir)
        _draw_confusion(job, network, facts, images.validation or images.train)


def _snapshots(job: AlgorithmJob, facts: Facts, images: LabelledImages, environ: Mapping[str, str]) -> Snapshots | None:
    """Keep snapshots only where the job has a place for them."""
    if not job.checkpoint_dir.is_dir():
        return None
    shape = "x".join(map(str, facts.shape))
    return Snapshots(
        f"{len(images)} pictures of {shape} in {facts.classes} classes with width {facts.width:g}", environ
    )


def _run(trainer: Any, snapshots: Snapshots | None, all_ranks: ranks.Ranks) -> None:
    import numpy as np

    if snapshots is not None:
        snapshots.resume(trainer, all_ranks)
        if all_ranks.is_first:
            # The trainer writes a name on what it is given, which a method refuses.
            trainer.extend(partial(snapshots.save), name="snapshot", trigger=(1, "epoch"), priority=-100)
    # What overflows shows in the loss, which is looked at each epoch.
    with np.errstate(over="ignore", invalid="ignore"):
        trainer.run(show_loop_exception_msg=False)
    if snapshots is not None and all_ranks.is_first:
        snapshots.save(trainer)


def _seed(settings: Hyperparameters) -> None:
    """Seed what Chainer draws weights, orders and dropout from."""
    import numpy as np

    random.seed(settings.seed)
    np.random.seed(settings.seed)  # noqa: NPY002  numpy's own generator is the one that Chainer uses


def _draw_confusion(job: AlgorithmJob, network: Any, facts: Facts, images: LabelledImages) -> None:
    import numpy as np

    chunks = [images.data[at : at + _CHUNK] for at in range(0, len(images), _CHUNK)]
    predicted = np.concatenate([predict(chunk, network).argmax(axis=1) for chunk in chunks])
    matrix = np.zeros((facts.classes, facts.classes), dtype=int)
    np.add.at(matrix, (images.labels, predicted), 1)
    pictures.confusion_matrix(job.output_dir / "confusion_matrix.png", matrix, [*map(str, range(facts.classes))])


if __name__ == "__main__":
    sys.exit(run(partial(train, os.environ), os.environ))
