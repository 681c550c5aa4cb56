"""The built-in algorithm's network, and the form in which it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram

__all__ = ["exported", "make_network"]

_GRID = 4
_HIDDEN = 128
_DROPOUT = 0.3


def make_network(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Make a small convolutional network: two blocks of convolution, normalisation and pooling, then two dense layers.

    Args:
        shape: Channels, height and width of a picture, of any size.
        classes: How many classes there are.

    Returns:
        The network, from pictures to one score a class; not trained.
    """
    from torch import nn

    return nn.Sequential(
        *_block(shape[0], 32),
        *_block(32, 64),
        nn.AdaptiveAvgPool2d(_GRID),
        nn.Flatten(),
        nn.Linear(64 * _GRID * _GRID, _HIDDEN),
        nn.ReLU(),
        nn.Dropout(_DROPOUT),
        nn.Linear(_HIDDEN, classes),
    )


def _block(channels: int, filters: int) -> tuple[nn.Module, ...]:
    from torch import nn

    # The last row or column of an odd side is pooled alone, so that a picture of one pixel passes too.
    pooling = nn.MaxPool2d(2, ceil_mode=True)
    return nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(), pooling


def exported(network: nn.Sequential, shape: tuple[int, int, int]) -> ExportedProgram:
    """Export a network for serving: from any number of pictures to the probability of each class.

    Args:
        network: From pictures to scores, on the CPU.
        shape: Channels, height and width of a picture.

    Returns:
        The program; the code of the network is not needed to load it.
    """
    import torch

    served = torch.nn.Sequential(*_fused(network.eval()), torch.nn.Softmax(1)).eval()
    # Half the time: convolutions on CPUs like the channels of a pixel beside each other.
    served = served.to(memory_format=torch.channels_last)
    # Of two pictures: an example of one would fix their number.
    example = torch.zeros(2, *shape)
    return torch.export.export(served, (example,), dynamic_shapes=({0: torch.export.Dim("pictures", min=1)},))


def _fused(network: nn.Sequential) -> list[nn.Module]:
    """Put each normalisation into the convolution before it: one step less for each of them, and the same scores."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    layers: list[nn.Module] = []
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return layers
