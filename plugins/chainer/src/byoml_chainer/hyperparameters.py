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

__all__ = ["Hyperparameters", "read"]

_TABLE: dict[str, Kind] = {
    "epochs": Whole(1),
    "batch-size": Whole(2),  # of one picture alone, a batch has no variance to be normalised by
    "learning-rate": Number("(0, inf)"),
    "width": Number("(0, 4]"),
    "dropout": Number("[0, 1)"),
    "seed": Whole(0, 2**32 - 1),
}
_ALIASES = {name.replace("-", "_"): name for name in _TABLE if "-" in name}


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


def read(raw: Mapping[str, Any]) -> Hyperparameters:
    """Read the hyperparameters of a job.

    Args:
        raw: Decoded from JSON or still text, with hyphens or underscores.

    Returns:
        The typed ones, with defaults where nothing is said.

    Raises:
        HyperparameterError: Some cannot be used; it names each, what was found and what is allowed.
    """
    values, problems = read_values(raw, _TABLE, _ALIASES)
    if problems:
        raise HyperparameterError(problems)
    return Hyperparameters(**{name.replace("-", "_"): value for name, value in values.items()})
