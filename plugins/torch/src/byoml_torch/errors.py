"""What can be wrong with models and requests of this plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["PickledModelError", "StateDictError", "UnreadableModelError", "WrongShape"]


class UnreadableModelError(ConfigurationError):
    """A file is no model that the installed torch loads."""

    def __init__(self, path: Path, release: str, reason: str) -> None:
        super().__init__(
            f"{path} cannot be loaded by torch {release} ({reason}); "
            "it must be a model that torch.export.save or torch.jit.save wrote"
        )


class PickledModelError(ConfigurationError):
    """A file holds more than weights: loading it would run code that lies in it.

    Args:
        path: The file.
        reason: What stands in it that is no weight.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} holds pickled Python objects, which run code when they are loaded ({reason}); only weights are "
            "loaded. Save the model with torch.export.save(torch.export.export(model, (example,)), 'model.pt2'); or "
            "its state_dict(), with a model_fn in inference.py that makes the network"
        )


class StateDictError(ConfigurationError):
    """A file holds weights without the network that they belong to."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} holds weights (a state_dict) and no network; write model_fn(model_dir) in inference.py, which "
            "makes the network and loads them with torch.load(path, weights_only=True), or save a model.pt2 with "
            "torch.export"
        )


class WrongShape(MalformedPayload):
    """The body is well formed, and its array is not of the shape that the model was exported for."""

    type = "MalformedPayload"

    def __init__(self, expected: Sequence[int | None], got: Sequence[int | None]) -> None:
        wanted, found = (" x ".join("n" if size is None else str(size) for size in shape) for shape in (expected, got))
        grey = expected[1:2] == (1,) and got[1:2] == (3,)
        hint = "; `image/png; channels=1` sends a picture in grey" if grey else ""
        # The body is no broken file, so the parent's words do not fit.
        super(MalformedPayload, self).__init__(
            f"the array must be {wanted}, as the model was exported for; got {found}{hint}"
        )
