"""What can be wrong with a model, its conversion or a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError
from byoml.plugin.matrix import WrongFeatureCount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "ConversionError",
    "EnsembleError",
    "LabelColumnError",
    "NamedModelMissingError",
    "OldModelError",
    "PickleRefusedError",
    "UnreadableModelError",
]


def _command(path: Path) -> str:
    return f"byoml xgboost convert {path} converted/{path.name}"


class UnreadableModelError(ConfigurationError):
    """A file is not a model that the installed XGBoost reads."""

    def __init__(self, path: Path, release: str, reason: str) -> None:
        super().__init__(
            f"{path} cannot be read by XGBoost {release} ({reason}); "
            "it must be a model that save_model wrote as UBJ or JSON"
        )


class OldModelError(ConfigurationError):
    """A model is of a form that XGBoost has given up."""

    def __init__(self, path: Path, form: str, release: str | None, installed: str) -> None:
        writer = f", written by XGBoost {release}" if release else ""
        super().__init__(
            f"{path} is {form}{writer}, which XGBoost 3.0 was the last to read and the installed {installed} does not; "
            f"convert it once, where a package index can be reached: {_command(path)}"
        )


class PickleRefusedError(ConfigurationError):
    """A model is a pickle, and nobody has said that pickles may be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a pickle, which is bound to the releases that wrote it and can carry programs of its author; "
            f"convert it once: {_command(path)}, or set BYOML_ALLOW_PICKLE=1 if you trust it"
        )


class NamedModelMissingError(ConfigurationError):
    """`BYOML_XGBOOST_MODEL` names a file that is not there."""

    def __init__(self, path: Path, found: Sequence[str]) -> None:
        there = ", ".join(found) or "none"
        super().__init__(f"BYOML_XGBOOST_MODEL names {path}, which is no file; files there: {there}")


class EnsembleError(ConfigurationError):
    """The models of a folder do not belong together."""

    def __init__(self, what: str, told: Sequence[str]) -> None:
        super().__init__(
            f"the models cannot predict together, as they differ in their {what}: {', '.join(told)}; "
            "leave those of one training, or set SAGEMAKER_INFERENCE_ENSEMBLE=false to serve the first alone"
        )


class ConversionError(ConfigurationError):
    """A model could not be written anew."""

    def __init__(self, path: Path, step: str, reason: str) -> None:
        super().__init__(f"{path} was not converted: {step}: {reason}")


class LabelColumnError(WrongFeatureCount):
    """A row has one column more than the model has features: most often its label."""

    type = "MalformedPayload"

    def __init__(self, expected: int, content_type: str) -> None:
        super().__init__(expected, expected + 1)
        told = f"{self}; if the first is the label, say so: Content-Type: {content_type}; label_size=1"
        self.args = (told,)
