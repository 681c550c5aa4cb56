"""The files that a model lies in: which of a folder, and how they are read and written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError
from byoml.plugin.model_files import only, written_whole

if TYPE_CHECKING:
    from pathlib import Path

    import xgboost as xgb

__all__ = ["NAME", "UnreadableModelError", "candidates", "load", "save"]

NAME = "xgboost-model"
_SUFFIXES = (".json", ".ubj")
# How an error begins: `[14:51:22] /src/objective/regression_obj.cu:83: Check failed: a == b (1 vs. 2) : `.
_SOURCE = re.compile(r"^(\[[\d:]+\] )?\S+\.(cc|cu|h):\d+: ")
_CHECK = re.compile(r"^Check failed: (\w+|.*?\) ?): ")


class UnreadableModelError(ConfigurationError):
    """A file is not a model that the installed XGBoost reads."""

    def __init__(self, path: Path, release: str, reason: str) -> None:
        super().__init__(
            f"{path} cannot be read by XGBoost {release} ({reason}); "
            "it must be a model that save_model wrote as UBJ or JSON"
        )


def candidates(model_dir: Path) -> list[Path]:
    """Name the files that may be the model: `xgboost-model` alone where it is there, else by suffix.

    Args:
        model_dir: The model folder.

    Returns:
        Files of the folder itself, sorted; all others are none of our business.
    """
    exact = model_dir / NAME
    if exact.is_file():
        return [exact]
    found = (path for path in sorted(model_dir.glob("*")) if path.is_file() and path.suffix in _SUFFIXES)
    return [path for path in found if path.suffix == ".ubj" or path.stem == NAME]


def load(model_dir: Path) -> xgb.Booster:
    """Load the model of a folder.

    Args:
        model_dir: The model folder.

    Returns:
        The model.

    Raises:
        ModelFilesError: There is no model.
        AmbiguousModelError: There are several.
        UnreadableModelError: It is no model, or one of a form that this release does not read.
    """
    import xgboost as xgb

    found = only(model_dir, candidates(model_dir), NAME, "*.ubj")
    # From bytes: by a name without suffix XGBoost warns that it guesses. An empty buffer would abort the process.
    content = bytearray(found.read_bytes())
    if not content.startswith(b"{"):
        raise UnreadableModelError(found, xgb.__version__, "it is neither UBJ nor JSON")
    try:
        return xgb.Booster(model_file=content)
    except xgb.core.XGBoostError as error:
        raise UnreadableModelError(found, xgb.__version__, reason(error)) from None


def save(model: xgb.Booster, model_dir: Path) -> Path:
    """Write a model as `xgboost-model`, in UBJ, so that the file is there whole or not at all.

    Args:
        model: The model.
        model_dir: The folder, made where it is missing.

    Returns:
        The file.
    """
    with written_whole(model_dir / NAME) as part:
        part.write_bytes(model.save_raw("ubj"))
    return model_dir / NAME


def reason(error: Exception) -> str:
    """Cut an error of XGBoost's C++ down to its sentence: no time, no source file, no stack."""
    first = _SOURCE.sub("", str(error).strip().split("\n", 1)[0])
    return (_CHECK.sub("", first) or first).strip(" .")
