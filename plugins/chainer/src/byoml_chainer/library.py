"""Chainer itself, imported where it is needed and only there."""

from __future__ import annotations

import sys
from typing import Any

from byoml_chainer import shim
from byoml_chainer.errors import ChainerMissingError

__all__ = ["load"]


def load() -> Any:
    """Import Chainer, which gets what it asks for of older releases of other packages.

    Returns:
        The module, with `functions`, `links` and all that `import chainer` brings.

    Raises:
        ChainerMissingError: It is not installed.
    """
    if getattr(sys.modules.get("chainer"), "serializers", None):  # all of it is there: asked at each prediction
        return sys.modules["chainer"]
    shim.apply()
    try:
        import chainer
        import chainer.functions
        import chainer.links
    except ModuleNotFoundError as error:
        if error.name != "chainer":
            raise
        raise ChainerMissingError from None
    return chainer
