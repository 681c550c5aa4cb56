"""Predictions from whatever a user's functions give: models of other classes, and data that is ready for XGBoost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.plugin.matrix import WrongFeatureCount, as_matrix, check_width

from byoml_xgboost.ensemble import Ensemble
from byoml_xgboost.predicting import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xgboost as xgb

__all__ = ["names_of", "predict_any", "width_of"]

_FROM_INPUT = "data of input_fn"
_TABLE = 2


def width_of(model: Any) -> int | None:
    """Count the features of a model; None where it does not say."""
    if hasattr(model, "num_features"):
        return int(model.num_features())
    width = getattr(model, "n_features_in_", None)
    return None if width is None else int(width)


def names_of(model: Any) -> Sequence[str] | None:
    """Name the features of a model; None where it does not know them."""
    names: Sequence[str] | None = getattr(model, "feature_names", None)
    return names


def predict_any(data: Any, model: Any) -> Any:
    """Predict.

    Args:
        data: A DMatrix, an array, a table of pandas or a sparse matrix of scipy.
        model: A booster, an ensemble, or whatever has a method `predict`.

    Returns:
        What the model says.

    Raises:
        WrongFeatureCount: The data is of another width than the model.
        MalformedPayload: A cell is no number.
    """
    import numpy as np
    import xgboost as xgb

    if isinstance(data, np.ndarray) and isinstance(model, xgb.Booster):
        table = data if data.dtype == np.float32 and data.ndim == _TABLE else as_matrix(data, _FROM_INPUT)
        check_width(table, model.num_features())
        return predict(model, table)
    if not isinstance(model, (xgb.Booster, Ensemble)):
        return model.predict(data)
    if not isinstance(data, xgb.DMatrix) and hasattr(data, "tocsr"):
        data = xgb.DMatrix(data)
    if isinstance(data, xgb.DMatrix):
        return _from_matrix(data, model)
    table = as_matrix(data, _FROM_INPUT)
    check_width(table, model.num_features())
    return model.predict_rows(table) if isinstance(model, Ensemble) else predict(model, table)


def _from_matrix(data: xgb.DMatrix, model: xgb.Booster | Ensemble) -> Any:
    """Predict as AWS's container does; a matrix that was sparse may be narrower, as its last features are absent."""
    if data.num_col() > model.num_features():
        raise WrongFeatureCount(model.num_features(), data.num_col())
    return model.predict(data, validate_features=False)
