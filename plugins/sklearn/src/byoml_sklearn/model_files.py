"""The file that an estimator lies in: which of a folder, and how it is read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.errors import ConfigurationError
from byoml.plugin.model_files import only, written_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "UnreadableModelError", "candidates", "load", "save"]

NAME = "model.joblib"


class UnreadableModelError(ConfigurationError):
    """A file is not an estimator that can be loaded here."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be served ({reason}); it must be a fitted estimator that joblib.dump wrote, "
            "with all its libraries installed here"
        )


def candidates(model_dir: Path) -> list[Path]:
    """Name the files that may be the model: `model.joblib` alone where it is there, else every `*.joblib`.

    Args:
        model_dir: The model folder.

    Returns:
        Files of the folder itself, sorted; all others are none of our business.
    """
    exact = model_dir / NAME
    return [exact] if exact.is_file() else sorted(path for path in model_dir.glob("*.joblib") if path.is_file())


def load(model_dir: Path) -> Any:
    """Load the estimator of a folder, made to use one thread a request.

    Args:
        model_dir: The model folder.

    Returns:
        The estimator.

    Raises:
        ModelFilesError: There is no model.
        AmbiguousModelError: There are several.
        UnreadableModelError: It cannot be loaded, or cannot predict.
    """
    import joblib

    found = only(model_dir, candidates(model_dir), NAME, "other *.joblib")
    try:
        model = joblib.load(found)
    except Exception as error:  # a pickle runs code, which may raise anything
        raise UnreadableModelError(found, f"{type(error).__name__}: {error}") from error
    if not hasattr(model, "predict"):
        raise UnreadableModelError(found, f"it holds a {type(model).__name__}, which has no predict")
    _one_job(model)
    return model


def _one_job(model: Any) -> None:
    """Set every n_jobs to 1: starting threads costs more than a row takes, and workers share the cores already."""
    if not (hasattr(model, "get_params") and hasattr(model, "set_params")):
        return
    parameters = (name for name in model.get_params() if name == "n_jobs" or name.endswith("__n_jobs"))
    model.set_params(**dict.fromkeys(parameters, 1))


def save(model: Any, model_dir: Path) -> Path:
    """Write an estimator as `model.joblib`, so that the file is there whole or not at all.

    Args:
        model: The estimator.
        model_dir: The folder, made where it is missing.

    Returns:
        The file.
    """
    import joblib

    with written_whole(model_dir / NAME) as part:
        joblib.dump(model, part)
    return model_dir / NAME
