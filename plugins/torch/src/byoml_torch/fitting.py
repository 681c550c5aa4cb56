"""Epoch after epoch: a network learns from pictures, and is judged by those that were held back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch
    from byoml.plugin.image_arrays import LabelledImages
    from torch import nn

    from byoml_torch.data import Pictures
    from byoml_torch.hyperparameters import Hyperparameters
    from byoml_torch.ranks import Ranks

__all__ = ["Course", "Judgement", "Progress", "judge"]

# Processes tell each other of a stop at every so many steps: each time costs a message.
_STEPS_BETWEEN_QUESTIONS = 8


@dataclass
class Progress:
    """A training under way.

    Args:
        network: What learns.
        optimizer: How it learns.
        epoch: How many epochs are done.
        log: What was measured in each of them.
        stopped: The job was asked to stop before the last one.
    """

    network: nn.Sequential
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    log: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True)
class Judgement:
    """How a network does on pictures of all processes.

    Args:
        loss: Mean cross-entropy.
        accuracy: Share of pictures whose class it names.
        confusion: Counts; a row for each true class, a column for each predicted one.
    """

    loss: float
    accuracy: float
    confusion: torch.Tensor


@dataclass(frozen=True)
class Course:
    """What a training goes by.

    Args:
        pictures: This process's share.
        settings: The hyperparameters.
        ranks: The processes that train together.
        should_stop: Whether this process was asked to stop.
    """

    pictures: Pictures
    settings: Hyperparameters
    ranks: Ranks
    should_stop: Callable[[], bool]

    def run(self, progress: Progress, after_epoch: Callable[[Progress], None]) -> None:
        """Train to the last epoch, or until the job is to stop; every process must call it.

        Args:
            progress: Where the training is, and then where it has come to.
            after_epoch: Called when an epoch is done and measured.
        """
        network = self.ranks.parallel(progress.network)
        begin = time.monotonic() - (progress.log[-1]["elapsed"] if progress.log else 0.0)
        while progress.epoch < self.settings.epochs:
            measured = self._learn(network, progress)
            if progress.stopped:
                return
            progress.epoch += 1
            self.ranks.equalize(progress.network)
            if self.pictures.validation is not None:
                found = judge(progress.network, self.pictures.validation, self.pictures.classes, self.ranks)
                measured |= {"validation-loss": found.loss, "validation-accuracy": found.accuracy}
            elapsed = time.monotonic() - begin
            progress.log.append({"epoch": float(progress.epoch), **measured, "elapsed": elapsed})
            after_epoch(progress)

    def _learn(self, network: nn.Module, progress: Progress) -> dict[str, float]:
        """Make one epoch's steps; gives loss and accuracy over them, as the weights changed."""
        import torch

        network.train()
        self._seed(progress.epoch)
        images, size = self.pictures.train, self.settings.batch_size
        steps = self.ranks.largest(-(-len(images) // size))
        sums = torch.zeros(3, dtype=torch.float64)  # loss, right ones, pictures
        for step, (data, labels) in enumerate(_batches(images, size, steps, self.ranks.device)):
            if self._to_stop(step):
                progress.stopped = True
                break
            progress.optimizer.zero_grad()
            scores = network(data)
            loss = torch.nn.functional.cross_entropy(scores, labels)
            loss.backward()
            progress.optimizer.step()
            right = (scores.argmax(1) == labels).sum().item()
            sums += torch.tensor([loss.item() * len(labels), right, len(labels)], dtype=torch.float64)
        total = self.ranks.summed(sums)
        return {"train-loss": float(total[0] / total[2]), "train-accuracy": float(total[1] / total[2])}

    def _seed(self, epoch: int) -> None:
        """Make an epoch the same whether the job was resumed before it or not, and another one in each process."""
        import torch

        torch.manual_seed(self.settings.seed + epoch * self.ranks.world + self.ranks.rank)

    def _to_stop(self, step: int) -> bool:
        every = 1 if self.ranks.world == 1 else _STEPS_BETWEEN_QUESTIONS
        return step % every == 0 and self.ranks.anyone(said=self.should_stop())


def _batches(images: LabelledImages, size: int, steps: int, device: str) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Give so many batches, in an order of its own each time; a process with fewer pictures begins anew."""
    import torch

    order = torch.randperm(len(images))
    if steps * size > len(images):
        order = order.repeat(-(-steps * size // len(images)))[: max(len(images), (steps - 1) * size + 1)]
    data, labels = torch.from_numpy(images.data), torch.from_numpy(images.labels)
    for step in range(steps):
        chosen = order[step * size : (step + 1) * size]
        yield data[chosen].to(device), labels[chosen].to(device)


def judge(network: nn.Module, images: LabelledImages, classes: int, ranks: Ranks, size: int = 256) -> Judgement:
    """Judge a network by pictures of all processes; each must call it.

    Args:
        network: The network.
        images: This process's share of the pictures; there may be none in it.
        classes: How many classes there are.
        ranks: The processes that train together.
        size: Pictures that are predicted at once.

    Returns:
        The judgement, the same in all processes.
    """
    import torch

    network.eval()
    confusion, loss = torch.zeros(classes, classes, dtype=torch.int64), torch.zeros(1, dtype=torch.float64)
    with torch.inference_mode():
        for start in range(0, len(images), size):
            labels = torch.from_numpy(images.labels[start : start + size])
            scores = network(torch.from_numpy(images.data[start : start + size]).to(ranks.device)).cpu()
            loss += torch.nn.functional.cross_entropy(scores, labels, reduction="sum").item()
            places = labels * classes + scores.argmax(1)
            confusion += torch.bincount(places, minlength=classes * classes).view(classes, classes)
    confusion, loss = ranks.summed(confusion), ranks.summed(loss)
    count = max(1, int(confusion.sum()))
    return Judgement(float(loss.item()) / count, float(confusion.trace().item()) / count, confusion)
