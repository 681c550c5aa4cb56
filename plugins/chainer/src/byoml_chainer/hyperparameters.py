"""The hyperparameters of the built-in algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.hyperparameter_table import read_fields
from byoml.plugin.kinds import Number, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin.kinds import Kind

__all__ = ["Hyperparameters"]

_TABLE: dict[str, Kind] = {
    "epochs": Whole(1),
    "batch-size": Whole(2),  # of one picture alone, a batch has no variance to be normalised by
    "learning-rate": Number("(0, inf)"),
    "width": Number("(0, 4]"),
    "dropout": Number("[0, 1)"),
    "seed": Whole(0, 2**32 - 1),
}


@dataclass(frozen=True)
class Hyperparameters:
    """How the network is made and trained.

    Args:
        epochs: How often all pictures are seen.
        batch_size: Pictures a step, in each process.
        learning_rate: Adam's at the start; it falls evenly to nothing over the epochs.
        width: What the filters of VGG's layers are multiplied by.
        dropout: The share of values that the dense layers drop in training.
        seed: Of the first weights, and of the order in which pictures are seen.
    """

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 0.002
    width: float = 1.0
    dropout: float = 0.3
    seed: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Hyperparameters:
        """Read the hyperparameters of a job; raises HyperparameterError that names every mistake."""
        return read_fields(raw, _TABLE, cls)
