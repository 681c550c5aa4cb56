"""The built-in algorithm's network: VGG as it is trained on CIFAR's pictures (Simonyan and Zisserman, 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from byoml_chainer import library

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Facts", "make_network"]

# Filters and convolutions of each block; its pooling halves the sides, to 1 x 1 for pictures of 32 x 32.
_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_HIDDEN = 512
_SMALLEST = 4


@dataclass(frozen=True)
class Facts:
    """What a network is made from; with it, the numbers of a model's file are a model again.

    Args:
        shape: Channels, height and width of a picture, of any size.
        classes: How many classes there are.
        width: What the filters of each layer are multiplied by; 1 is VGG's own.
        dropout: The share of values that the dense layers drop in training.
    """

    shape: tuple[int, int, int]
    classes: int
    width: float = 1.0
    dropout: float = 0.0

    def filters(self, count: int) -> int:
        return max(_SMALLEST, round(count * self.width))


def make_network(facts: Facts) -> Any:
    """Make the network, with a batch normalisation after each convolution, so that no scale of pixels is asked for.

    Args:
        facts: What it is made from.

    Returns:
        A `chainer.Sequential`, from float32 pictures to one score a class; not trained.
    """
    chainer = library.load()
    links, functions = chainer.links, chainer.functions
    hidden, drop = facts.filters(_HIDDEN), partial(functions.dropout, ratio=facts.dropout)
    layers = [*_convolutions(chainer, facts), drop]
    layers += [links.Linear(_inputs(facts), hidden, nobias=True), links.BatchNormalization(hidden), functions.relu]
    return chainer.Sequential(*layers, drop, links.Linear(hidden, facts.classes))


def _convolutions(chainer: Any, facts: Facts) -> Iterator[Any]:
    links, functions = chainer.links, chainer.functions
    channels = facts.shape[0]
    for filters, count in _BLOCKS:
        for _ in range(count):
            yield links.Convolution2D(channels, facts.filters(filters), 3, pad=1, nobias=True)
            yield links.BatchNormalization(facts.filters(filters))
            yield functions.relu
            channels = facts.filters(filters)
        yield partial(functions.max_pooling_2d, ksize=2)


def _inputs(facts: Facts) -> int:
    """Count what the last pooling leaves: each rounds a side up."""
    _, height, width = facts.shape
    for _ in _BLOCKS:
        height, width = -(-height // 2), -(-width // 2)
    return facts.filters(_BLOCKS[-1][0]) * height * width
