"""What a training tells: a line an epoch, a log of all, and pictures of how it went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from byoml.plugin.model_files import written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import torch

__all__ = ["line", "write"]

_MEASURES = ("loss", "accuracy")
_DATA = ("train", "validation")


def line(entry: Mapping[str, float]) -> str:
    """Word what was measured in an epoch: `epoch:3`, then `train-loss:0.12345` and the like, with tabs between.

    A metric definition such as `validation-accuracy:([0-9.]+)` finds a value.
    """
    told = (f"{name}:{value:.5f}" for name, value in entry.items() if name not in ("epoch", "elapsed"))
    return "\t".join([f"epoch:{entry['epoch']:.0f}", *told, f"elapsed:{entry['elapsed']:.1f}"])


def write(folder: Path, log: Sequence[Mapping[str, float]], confusion: torch.Tensor) -> None:
    """Write `log.json`, `loss.png`, `accuracy.png` and `confusion_matrix.png`.

    Args:
        folder: Where they go; made where it is missing.
        log: What was measured, an entry an epoch; without one there are no curves.
        confusion: Counts; a row for each true class, a column for each predicted one.
    """
    from byoml.job import pictures

    with written_whole(folder / "log.json") as part:
        part.write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    for measure in _MEASURES if log else ():
        names = {name: f"{name}-{measure}" for name in _DATA}
        curves = {name: [entry[key] for entry in log if key in entry] for name, key in names.items()}
        pictures.learning_curves(folder / f"{measure}.png", {k: v for k, v in curves.items() if v}, measure)
    classes = [str(number) for number in range(len(confusion))]
    pictures.confusion_matrix(folder / "confusion_matrix.png", confusion.numpy(), classes)
