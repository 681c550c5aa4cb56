"""The estimator with what its features need before it: numbers filled and scaled, texts encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml_sklearn.errors import LabelKindError, MissingValuesError
from byoml_sklearn.estimators import task_of

if TYPE_CHECKING:
    from byoml_sklearn.examples import Examples
    from byoml_sklearn.hyperparameters import Settings

__all__ = ["assemble", "check_fit"]


def assemble(settings: Settings, examples: Examples) -> Any:
    """Put the model together, not yet fitted.

    Args:
        settings: The estimator and the steps before it.
        examples: What it is to be trained on.

    Returns:
        The estimator itself where it needs nothing before it, else a Pipeline.
    """
    from sklearn.pipeline import Pipeline

    numbers = _numbers(settings)
    steps = [("columns", _by_column(settings, examples, numbers))] if examples.texts else numbers
    return Pipeline([*steps, ("estimator", settings.estimator)]) if steps else settings.estimator


def _numbers(settings: Settings) -> list[tuple[str, Any]]:
    from sklearn.impute import SimpleImputer

    steps: list[tuple[str, Any]] = []
    if settings.imputer:
        # A column that was empty in training stays, so that columns are as many as they were.
        steps.append(("imputer", SimpleImputer(strategy=settings.imputer, keep_empty_features=True)))
    if settings.scaler is not None:
        steps.append(("scaler", settings.scaler))
    return steps


def _by_column(settings: Settings, examples: Examples, numbers: list[tuple[str, Any]]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    columns = [name for name in examples.names if name not in examples.texts]
    encoder = settings.encoder
    if task_of(settings.estimator) == "regressor" and getattr(encoder, "target_type", None) == "auto":
        encoder.set_params(target_type="continuous")  # it would take whole numbers for classes
    parts: list[tuple[str, Any, list[str]]] = [("texts", encoder, list(examples.texts))] if encoder else []
    if columns:
        parts.insert(0, ("numbers", Pipeline(numbers) if numbers else "passthrough", columns))
    return ColumnTransformer(parts, verbose_feature_names_out=False)


def check_fit(settings: Settings, examples: Examples, channel: str) -> None:
    """Say what the estimator would refuse, in words that tell what to do about it.

    Args:
        settings: The estimator and the steps before it.
        examples: The channel's rows.
        channel: Its name.

    Raises:
        LabelKindError: The labels are not those of the estimator's task.
        MissingValuesError: There are missing values, and nothing takes them.
    """
    name, task = type(settings.estimator).__name__, task_of(settings.estimator)
    kind = None if examples.labels is None else examples.labels.dtype.kind
    if task == "regressor" and kind not in ("i", "f"):
        found = "texts" if kind else "none, as target is none"
        raise LabelKindError(name, task, found, "they must be numbers; a classifier learns names")
    if task == "classifier" and kind in (None, "f"):
        found = "numbers that are not whole" if kind else "none, as target is none"
        right = "they must be texts or whole numbers; a regressor learns numbers, and target says which column they are"
        raise LabelKindError(name, task, found, right)
    if settings.imputer is None and not _takes_missing(settings.estimator):
        missing = _missing(examples)
        if missing:
            raise MissingValuesError(name, [f"{column} of channel {channel}" for column in missing])


def _takes_missing(estimator: Any) -> bool:
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except (AttributeError, TypeError):  # an estimator of another library, from before there were tags
        return True


def _missing(examples: Examples) -> list[str]:
    """Name the columns of numbers that have missing values; encoders take those of texts for a category."""
    import numpy as np

    numbers = [name for name in examples.names if name not in examples.texts]
    table = examples.features[numbers].to_numpy() if hasattr(examples.features, "iloc") else examples.features
    return [name for name, has in zip(numbers, np.isnan(table).any(axis=0), strict=True) if has]
