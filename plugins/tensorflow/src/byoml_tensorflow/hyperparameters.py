"""The hyperparameters of the built-in algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.algorithm import HyperparameterError
from byoml.plugin.hyperparameter_table import read_values
from byoml.plugin.kinds import Number, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin.kinds import Kind

__all__ = ["Settings"]

_TABLE: dict[str, Kind] = {
    "epoch": Whole(1),
    "batch": Whole(1),
    "nclass": Whole(2),
    "learning_rate": Number("(0, inf)"),
    "seed": Whole(0, 2**31 - 1),
    "width": Number("(0, 8]"),
    "validation_split": Number("[0, 1)"),
}
_ALIASES = {
    **dict.fromkeys(("epochs",), "epoch"),
    **dict.fromkeys(("batch_size", "batch-size"), "batch"),
    **dict.fromkeys(("learning-rate", "lr"), "learning_rate"),
}


@dataclass(frozen=True)
class Settings:
    """How the 3D-CNN is trained.

    Args:
        epoch: How often all clips are seen.
        batch: Clips in one step.
        nclass: Classes that the clips must have; None takes what the file has.
        learning_rate: Adam's.
        seed: Of weights, order and split.
        width: What the filters and the dense layer are multiplied by.
        validation_split: Share of the clips that is kept for validation where no channel `validation` is there.
    """

    epoch: int = 50
    batch: int = 16
    nclass: int | None = None
    learning_rate: float = 1e-3
    seed: int = 0
    width: float = 1.0
    validation_split: float = 0.2

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Settings:
        """Read the hyperparameters of a job; raises HyperparameterError that names every mistake."""
        values, problems = read_values(raw, _TABLE, _ALIASES)
        if problems:
            raise HyperparameterError(problems)
        return cls(**values)
