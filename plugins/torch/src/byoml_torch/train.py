"""The built-in algorithm, a program of its own: `python -m byoml_torch.train`; torchrun starts it on several hosts."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from byoml.job.stopping import should_stop
from byoml.plugin.algorithm import run

from byoml_torch import data, model_files, results, resuming
from byoml_torch.fitting import Course, Progress, judge
from byoml_torch.hyperparameters import Hyperparameters
from byoml_torch.network import make_network
from byoml_torch.ranks import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.plugin.algorithm import AlgorithmJob
    from torch import nn

    from byoml_torch.data import Pictures
    from byoml_torch.ranks import Ranks

__all__ = ["train"]

_log = logging.getLogger(__name__)


def train(job: AlgorithmJob, environ: Mapping[str, str]) -> None:
    """Train a network on the channels `train` and `validation`, and leave it as `model.pt2` and `model.pth`.

    At a stop the network is saved as it is, and so is a checkpoint, where the job keeps any.

    Args:
        job: The job; each epoch prints a line of metrics.
        environ: The program's variables, for ranks and checkpoints.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
    """
    should_stop()  # from here on a stop is heard, and what was learned is saved
    settings = Hyperparameters.read(job.hyperparameters)
    with joined(environ) as ranks:
        pictures = data.load(job, ranks)
        progress = _begin(pictures, settings, ranks)
        keeps = job.checkpoint_dir.is_dir() and ranks.is_first
        if ranks.anyone(said=keeps):
            resuming.resume(progress, ranks, environ)
        Course(pictures, settings, ranks, should_stop).run(progress, _after_epoch(ranks, environ, keeps=keeps))
        if progress.stopped and keeps:
            resuming.save(progress, environ)
        _conclude(job, progress, pictures, ranks)


def _begin(pictures: Pictures, settings: Hyperparameters, ranks: Ranks) -> Progress:
    import torch

    torch.manual_seed(settings.seed)
    network = make_network(pictures.shape, pictures.classes).to(ranks.device)
    return Progress(network, torch.optim.Adam(network.parameters(), settings.learning_rate))


def _after_epoch(ranks: Ranks, environ: Mapping[str, str], *, keeps: bool) -> Callable[[Progress], None]:
    def after_epoch(progress: Progress) -> None:
        if ranks.is_first:
            print(results.line(progress.log[-1]), flush=True)  # noqa: T201  the program's output, which the tuner reads
        if keeps:
            resuming.save(progress, environ)

    return after_epoch


def _conclude(job: AlgorithmJob, progress: Progress, pictures: Pictures, ranks: Ranks) -> None:
    """Save what was learned, and show how well; the first process does it, the others have the same."""
    ranks.equalize(progress.network)
    judged = judge(progress.network, pictures.validation or pictures.train, pictures.classes, ranks)
    network = progress.network.cpu()
    if ranks.world > 1:
        _log.info("rank %d of %d has the parameters %s", ranks.rank, ranks.world, _digest(network))
    if ranks.is_first:
        model_files.save(network, pictures.shape, job.model_dir)
        results.write(job.output_dir, progress.log, judged.confusion)


def _digest(network: nn.Module) -> str:
    """Name a network's weights, so that a log shows whether all processes have the same."""
    digest = hashlib.sha256()
    for values in network.state_dict().values():
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(run(partial(train, environ=os.environ), os.environ))
