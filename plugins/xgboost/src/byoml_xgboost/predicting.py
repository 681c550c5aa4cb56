"""A prediction through XGBoost's C interface itself: most of a row's `inplace_predict` is what is around it."""

from __future__ import annotations

import ctypes
import json
import math
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xgboost as xgb
    from numpy.typing import NDArray

__all__ = ["predict"]

_FLOAT32 = np.dtype("<f4")
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
    if _library().XGBoosterPredictFromDense(model.handle, layout, _SETTINGS, _proxies().mine.handle, *answers):
        return _predict_slowly(model, table)
    sizes = shape[: axes.value]
    memory = (ctypes.c_float * math.prod(sizes)).from_address(ctypes.addressof(values.contents))
    # A copy: the memory is the model's, and the thread's next prediction overwrites it.
    return np.array(memory, dtype=_FLOAT32).reshape(sizes)


class _Proxy:
    """What XGBoost reads an array through; without one it makes one a time, reading the cgroup's files."""

    def __init__(self) -> None:
        self._library = _library()
        self.handle = ctypes.c_void_p()
        self._library.XGProxyDMatrixCreate(ctypes.byref(self.handle))

    def __del__(self) -> None:
        self._library.XGDMatrixFree(self.handle)


class _Proxies(threading.local):
    """One for each thread, as a prediction writes to it; freed when the thread ends."""

    def __init__(self) -> None:
        self.mine = _Proxy()


def _predict_slowly(model: xgb.Booster, table: NDArray[Any]) -> Any:
    """Predict in the way that every booster knows; a linear one knows no other."""
    import xgboost as xgb

    return model.predict(xgb.DMatrix(table), validate_features=False)


@lru_cache(maxsize=1)
def _proxies() -> _Proxies:
    return _Proxies()


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    """Find the library that the package has loaded; nothing is loaded twice."""
    from xgboost.libpath import find_lib_path

    return ctypes.CDLL(find_lib_path()[0])
