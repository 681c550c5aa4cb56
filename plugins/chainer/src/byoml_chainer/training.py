"""Chainer's Trainer, set up for a job: what it learns from, what it tells each epoch, and when it ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from byoml.job import pictures
from byoml.job.stopping import should_stop
from byoml.plugin.algorithm import TrainingRefusedError

from byoml_chainer import library
from byoml_chainer.data import dataset

if TYPE_CHECKING:
    from pathlib import Path

    from byoml_chainer.data import Pictures
    from byoml_chainer.hyperparameters import Hyperparameters
    from byoml_chainer.ranks import Ranks

__all__ = ["draw_curves", "make_trainer"]

_EPOCH = (1, "epoch")
_STEP = (1, "iteration")
_LOG = "LogReport"
# By the pictures' names: how a tuner's regular expression finds them, and how Chainer calls them.
_KINDS = {"train": "main", "validation": "validation/main"}
_MEASURES = ("loss", "accuracy")


def make_trainer(network: Any, images: Pictures, settings: Hyperparameters, ranks: Ranks, out: Path) -> Any:
    """Make a trainer that has not begun.

    Args:
        network: What learns.
        images: From what.
        settings: How.
        ranks: With whom; each process makes one.
        out: Where the first leaves `log`, anew each epoch.

    Returns:
        A `chainer.training.Trainer`; it ends early once the job is to stop, all processes after the same step.
    """
    chainer = library.load()
    model = chainer.links.Classifier(network)
    optimizer = ranks.optimizer(chainer.optimizers.Adam(settings.learning_rate))
    optimizer.setup(model)
    learned = chainer.iterators.SerialIterator(dataset(images.train), settings.batch_size)
    updater = chainer.training.StandardUpdater(learned, optimizer)
    trainer = chainer.training.Trainer(updater, _End(settings.epochs, ranks), str(out))
    trainer.extend(_slower(settings), name="slower", trigger=_STEP)
    trainer.extend(_equalize(network, ranks), name="equalize", trigger=_EPOCH, priority=1000)  # before it is judged
    if images.validation is not None:
        judged = chainer.iterators.SerialIterator(
            dataset(images.validation), settings.batch_size, repeat=False, shuffle=False
        )
        trainer.extend(ranks.evaluator(chainer.training.extensions.Evaluator(judged, model)), name="validation")
    if ranks.is_first:
        trainer.extend(chainer.training.extensions.LogReport(trigger=_EPOCH), name=_LOG)
        trainer.extend(_tell, name="tell", trigger=_EPOCH, priority=10)
    return trainer


class _End:
    """Says when a trainer has done enough: after the epochs, or once any process is to stop.

    Args:
        epochs: How many.
        ranks: Who is asked before each step.
    """

    def __init__(self, epochs: int, ranks: Ranks) -> None:
        self._epochs = epochs
        self._ranks = ranks

    def __call__(self, trainer: Any) -> bool:
        return bool(trainer.updater.epoch >= self._epochs or any(self._ranks.every(should_stop())))

    def get_training_length(self) -> tuple[int, str]:
        return self._epochs, "epoch"


def _slower(settings: Hyperparameters) -> Any:
    """Let the learning rate fall evenly to nothing; what it is depends on how far the training is, and so resumes."""

    def slower(trainer: Any) -> None:
        left = 1 - trainer.updater.epoch_detail / settings.epochs
        trainer.updater.get_optimizer("main").alpha = settings.learning_rate * max(left, 0.0)

    return slower


def _equalize(network: Any, ranks: Ranks) -> Any:
    return lambda _trainer: ranks.equalize(network)


def _tell(trainer: Any) -> None:
    """Print the epoch's metrics in the shape that hyperparameter tuning reads."""
    last = trainer.get_extension(_LOG).log[-1]
    found = {
        f"{name}-{measure}": last[f"{prefix}/{measure}"]
        for name, prefix in _KINDS.items()
        for measure in _MEASURES
        if f"{prefix}/{measure}" in last
    }
    told = [f"{name}:{value:.5f}" for name, value in found.items()]
    print(f"[{last['epoch']}]", *told, sep="\t", flush=True)  # noqa: T201  the program's output, which the tuner reads
    if not math.isfinite(found["train-loss"]):
        reason = f"the loss is {found['train-loss']} after epoch {last['epoch']}; a lower learning-rate may do"
        raise TrainingRefusedError("Chainer", reason)


def draw_curves(trainer: Any, folder: Path) -> None:
    """Draw how loss and accuracy went from epoch to epoch, as far as the training went.

    Args:
        trainer: The first process's, which has the log.
        folder: Where `loss.png` and `accuracy.png` go; there are none where no epoch has ended.
    """
    log = trainer.get_extension(_LOG).log
    for measure in _MEASURES if log else ():
        keys = {name: f"{prefix}/{measure}" for name, prefix in _KINDS.items()}
        curves = {name: [entry[key] for entry in log if key in entry] for name, key in keys.items()}
        told = {name: values for name, values in curves.items() if values}
        pictures.learning_curves(folder / f"{measure}.png", told, measure)
