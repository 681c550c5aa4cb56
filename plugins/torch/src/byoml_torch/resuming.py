"""Checkpoints of a training: saved after each epoch and at a stop, and where a job that begins again goes on from."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from byoml.job import checkpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from byoml_torch.fitting import Progress
    from byoml_torch.ranks import Ranks

__all__ = ["resume", "save"]

_log = logging.getLogger(__name__)
_NAME = "training.pt"


def save(progress: Progress, environ: Mapping[str, str]) -> None:
    """Save where a training is; the step is the number of epochs that are done.

    Args:
        progress: The training.
        environ: Where the checkpoint folder is looked for.
    """
    import torch

    state = {
        "network": progress.network.state_dict(),
        "optimizer": progress.optimizer.state_dict(),
        "epoch": progress.epoch,
        "log": progress.log,
    }
    checkpoints.save(_NAME, lambda path: torch.save(state, path), step=progress.epoch, environ=environ)


def resume(progress: Progress, ranks: Ranks, environ: Mapping[str, str]) -> None:
    """Go on from the last checkpoint that fits the network; all processes from the first one's.

    Args:
        progress: A training that has not begun; it is where the checkpoint was, afterwards.
        ranks: The processes that train together; each must call it.
        environ: Where the checkpoint folder is looked for.
    """
    found = checkpoints.latest(_NAME, validate=_fits(progress), environ=environ) if ranks.is_first else None
    content = ranks.shared(found.path.read_bytes() if found else b"")
    if not content:
        return
    state = _load(io.BytesIO(content))
    progress.network.load_state_dict(state["network"])
    progress.optimizer.load_state_dict(state["optimizer"])
    progress.epoch, progress.log = state["epoch"], state["log"]
    if found:
        _log.info("going on from checkpoint %s", found.path.name)


def _load(file: Path | io.BytesIO) -> Any:
    import torch

    return torch.load(file, map_location="cpu", weights_only=True)


def _fits(progress: Progress) -> Callable[[Path], bool]:
    """Tell a checkpoint of this network from that of another, by the shapes of all weights."""
    wanted = {name: value.shape for name, value in progress.network.state_dict().items()}
    return lambda path: {name: value.shape for name, value in _load(path)["network"].items()} == wanted
