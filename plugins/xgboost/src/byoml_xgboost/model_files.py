"""The files that a model lies in: which of a folder, and how they are read and written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml.plugin.model_files import only, written_whole

from byoml_xgboost.model_errors import NamedModelMissingError
from byoml_xgboost.reading import read_model, reason
from byoml_xgboost.serving_settings import ServingSettings

if TYPE_CHECKING:
    from pathlib import Path

    import xgboost as xgb

    from byoml_xgboost.ensemble import Ensemble

__all__ = ["NAME", "candidates", "load", "reason", "save"]

NAME = "xgboost-model"
_ONE_OF_MANY = re.compile(rf"{NAME}-(\d+)")
# Of the usual name, and of any.
_SUFFIXES = frozenset({".ubj", ".json", ".bst", ".model", ".bin", ".deprecated", ".pkl", ".pickle"})
_OWN_SUFFIXES = frozenset({".ubj", ".bst"})


def candidates(model_dir: Path) -> list[Path]:
    """Name the files that may be the model: `xgboost-model`, else the folds of one training, else by suffix.

    Args:
        model_dir: The model folder.

    Returns:
        Files of the folder itself, folds by number, others sorted; all others are none of our business.
    """
    exact = model_dir / NAME
    if exact.is_file():
        return [exact]
    files = [path for path in sorted(model_dir.glob("*")) if path.is_file()]
    folds = [path for path in files if _ONE_OF_MANY.fullmatch(path.name)]
    if folds:
        return sorted(folds, key=_number)
    return [path for path in files if path.suffix in (_SUFFIXES if path.stem == NAME else _OWN_SUFFIXES)]


def _number(fold: Path) -> int:
    return int(fold.name.rpartition("-")[2])


def load(model_dir: Path, settings: ServingSettings | None = None) -> xgb.Booster | Ensemble:
    """Load the model of a folder, or the folds of one training as one.

    Args:
        model_dir: The model folder.
        settings: Which files are the model, and whether several predict together; None: the defaults.

    Returns:
        The model.

    Raises:
        ModelFilesError: There is no model.
        AmbiguousModelError: There are several that are no folds.
        EnsembleError: They do not belong together.
        ConfigurationError: Reading one failed; see `read_model`.
    """
    from byoml_xgboost.ensemble import Ensemble

    settings = settings or ServingSettings()
    files = _named(model_dir, settings.models) if settings.models else candidates(model_dir)
    several = settings.models or (files and _ONE_OF_MANY.fullmatch(files[0].name))
    if not several:
        files = [only(model_dir, files, NAME, "*.ubj")]
    if not settings.ensemble:
        files = files[:1]
    boosters = {path.name: read_model(path, pickles=settings.pickles) for path in files}
    return Ensemble.of(boosters) if len(boosters) > 1 else boosters[files[0].name]


def _named(model_dir: Path, names: tuple[str, ...]) -> list[Path]:
    files = [model_dir / name for name in names]
    for path in files:
        if not path.is_file():
            raise NamedModelMissingError(path, sorted(other.name for other in model_dir.glob("*") if other.is_file()))
    return files


def save(model: xgb.Booster, model_dir: Path, name: str = NAME) -> Path:
    """Write a model in UBJ, so that the file is there whole or not at all.

    Args:
        model: The model.
        model_dir: The folder, made where it is missing.
        name: The file's name; `xgboost-model-<number>` for one fold of several.

    Returns:
        The file.
    """
    with written_whole(model_dir / name) as part:
        part.write_bytes(model.save_raw("ubj"))
    return model_dir / name
