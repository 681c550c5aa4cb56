"""A prediction through XGBoost's C interface itself: two thirds of a row's `inplace_predict` is Python around it."""

from __future__ import annotations

import ctypes
import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xgboost as xgb
    from numpy.typing import NDArray

__all__ = ["predict"]

_FLOAT32 = np.dtype("<f4")
_NO_PROXY = ctypes.c_void_p()
# What `Booster.inplace_predict` says by default.
_SETTINGS = json.dumps(
    {
        "type": 0,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "missing": math.nan,
        "strict_shape": False,
        "cache_id": 0,
    }
).encode()


def predict(model: xgb.Booster, table: NDArray[Any]) -> Any:
    """Predict rows, as `model.inplace_predict(table)` does.

    Args:
        model: The model.
        table: Rows of numbers, as many columns as the model has features; NaN is a missing one.

    Returns:
        One prediction a row, or one row of them.

    Raises:
        xgboost.core.XGBoostError: XGBoost cannot predict.
    """
    table = np.ascontiguousarray(table, dtype=_FLOAT32)
    address, _ = table.__array_interface__["data"]
    layout = b'{"data":[%d,true],"shape":[%d,%d],"typestr":"<f4","version":3}' % (address, *table.shape)
    shape, axes, values = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
    answers = (ctypes.byref(shape), ctypes.byref(axes), ctypes.byref(values))
    if _library().XGBoosterPredictFromDense(model.handle, layout, _SETTINGS, _NO_PROXY, *answers):
        return _predict_slowly(model, table)
    sizes = shape[: axes.value]
    memory = (ctypes.c_float * math.prod(sizes)).from_address(ctypes.addressof(values.contents))
    # A copy: the memory is the model's, and the thread's next prediction overwrites it.
    return np.array(memory, dtype=_FLOAT32).reshape(sizes)


def _predict_slowly(model: xgb.Booster, table: NDArray[Any]) -> Any:
    """Predict in the way that every booster knows; a linear one knows no other."""
    import xgboost as xgb

    return model.predict(xgb.DMatrix(table), validate_features=False)


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    """Find the library that the package has loaded; nothing is loaded twice."""
    from xgboost.libpath import find_lib_path

    return ctypes.CDLL(find_lib_path()[0])
