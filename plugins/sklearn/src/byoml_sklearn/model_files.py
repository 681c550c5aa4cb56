"""The file that an estimator lies in: which of a folder, and how it is written and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.plugin.model_files import only, written_whole

from byoml_sklearn.errors import ForeignModelError, UnfittedModelError, UnreadableModelError
from byoml_sklearn.formats import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NAME", "candidates", "load", "save"]

NAME = "model.joblib"
_OTHERS = "other *.joblib, *.skops or model.pkl"
_SKOPS = "model.skops"
# Only by these names, as folders of other frameworks' models may hold pickles beside them.
_PICKLES = ("model.pkl", "model.pickle")
# Whose own models predict from their own kinds of data, though some have a method of that name.
_FOREIGN = {"xgboost": "xgboost", "lightgbm": "none", "catboost": "none", "torch": "torch", "keras": "tensorflow"}


def candidates(model_dir: Path) -> list[Path]:
    """Name the files that may be the model.

    Args:
        model_dir: The model folder.

    Returns:
        `model.joblib` alone where it is there, else `model.skops`, else every `*.joblib` and `*.skops`, else
        `model.pkl` or `model.pickle`; all others are none of our business.
    """
    for exact in (NAME, _SKOPS):
        if (model_dir / exact).is_file():
            return [model_dir / exact]
    found = sorted(path for pattern in ("*.joblib", "*.skops") for path in model_dir.glob(pattern) if path.is_file())
    return found or [model_dir / name for name in _PICKLES if (model_dir / name).is_file()]


def load(model_dir: Path, environ: Mapping[str, str] | None = None) -> Any:
    """Load the estimator of a folder, made to use one thread a request.

    Args:
        model_dir: The model folder.
        environ: Says whether pickles are read, and which types of skops files are trusted.

    Returns:
        The estimator.

    Raises:
        ModelFilesError: There is no model.
        AmbiguousModelError: There are several.
        PickleRefusedError: It is a pickle, and nobody has said to read those.
        UntrustedModelError: It needs types that are not trusted.
        UnreadableModelError: It cannot be loaded, or cannot predict.
        ForeignModelError: It is another framework's.
        UnfittedModelError: It was never fitted.
    """
    found = only(model_dir, candidates(model_dir), NAME, _OTHERS)
    model = read(found, environ or {})
    _check(found, model)
    _one_job(model)
    return model


def _check(path: Path, model: Any) -> None:
    kind = type(model)
    library = kind.__module__.partition(".")[0]
    if library in _FOREIGN and not hasattr(model, "get_params"):
        raise ForeignModelError(path, f"{kind.__module__}.{kind.__qualname__}", _FOREIGN[library])
    if isinstance(model, type) or not hasattr(model, "predict"):
        raise UnreadableModelError(path, f"it holds a {kind.__name__}, which has no predict")
    if library == "sklearn":
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        try:
            check_is_fitted(model)
        except NotFittedError:
            raise UnfittedModelError(path, kind.__name__) from None


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
