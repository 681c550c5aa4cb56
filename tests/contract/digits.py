"""scikit-learn's digits as small colour pictures: what the plugins that learn from pictures are tested on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["digits", "write_channels"]


def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Make the 1,797 digits, shuffled: pictures x 3 x 32 x 32 of 0..1, and their classes."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    small = (pixels[order] / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return np.tile(small.repeat(4, axis=2).repeat(4, axis=3), (1, 3, 1, 1)), labels[order].astype(np.int64)


def write_channels(folder: Path, train: int = 1347, validation: int = 450) -> dict[str, Path]:
    """Write the channels `train` and `validation`, one npz file each; gives their folders by name."""
    data, labels = digits()
    parts = {"train": slice(train), "validation": slice(len(labels) - validation, None)}
    for name, part in parts.items():
        (folder / name).mkdir(parents=True)
        np.savez(folder / name / "digits.npz", data=data[part], labels=labels[part])
    return {name: folder / name for name in parts}
