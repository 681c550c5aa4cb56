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
    "batch-size": Whole(1),
    "learning-rate": Number("(0, inf)"),
    "seed": Whole(0, 2**32 - 1),
}


@dataclass(frozen=True)
class Hyperparameters:
    """How the network is trained.

    Args:
        epochs: How often all pictures are seen.
        batch_size: Pictures a step, in each process.
        learning_rate: Adam's.
        seed: Of the first weights, and of the order in which pictures are seen.
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 0.001
    seed: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Hyperparameters:
        """Read the hyperparameters of a job; raises HyperparameterError that names every mistake."""
        return read_fields(raw, _TABLE, cls)
