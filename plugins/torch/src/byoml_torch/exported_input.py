"""What an exported model wants as its input: shape and kind of numbers, as the export has fixed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.export import ExportedProgram

__all__ = ["ExportedInput", "input_of", "remember"]

_ATTRIBUTE = "_byoml_input"


@dataclass(frozen=True)
class ExportedInput:
    """The one tensor that a model takes.

    Args:
        shape: Its size on each axis, None where the export leaves it open.
        dtype: Its kind of numbers.
        device: Where it must be.
    """

    shape: tuple[int | None, ...]
    dtype: torch.dtype
    device: str


def remember(program: ExportedProgram, module: nn.Module, device: str) -> nn.Module:
    """Let a program's module know its input.

    Args:
        program: The program.
        module: What it runs as.
        device: Where it computes.

    Returns:
        The module.
    """
    found = _read(program, device)
    if found is not None:
        setattr(module, _ATTRIBUTE, found)
    return module


def input_of(model: object) -> ExportedInput | None:
    """Tell what a model wants; None for one that was not exported, or takes several tensors."""
    found: ExportedInput | None = getattr(model, _ATTRIBUTE, None)
    return found


def _read(program: ExportedProgram, device: str) -> ExportedInput | None:
    names = set(program.graph_signature.user_inputs)
    inputs: list[Any] = [node.meta.get("val") for node in program.graph.nodes if node.name in names]
    if len(inputs) != 1 or not hasattr(inputs[0], "shape"):
        return None
    # A size that is open is a symbol, and no int.
    shape = tuple(size if isinstance(size, int) else None for size in inputs[0].shape)
    return ExportedInput(shape, inputs[0].dtype, device)
