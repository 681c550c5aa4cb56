"""What this plugin answers to byoml's hooks."""

from __future__ import annotations

from byoml.plugin import hookimpl

from byoml_torch.framework import Torch

__all__ = ["byoml_register_framework"]


@hookimpl
def byoml_register_framework() -> Torch:
    return Torch()
