"""Read a model of any release with whatever XGBoost there is, and write it anew: `python old_models.py OLD NEW PROBE`.

It needs XGBoost and nothing of byoml's, as it is run where an older release is installed. No pickle is let run: classes
that it names are stood in for by one that only keeps what it is given.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xgboost as xgb

__all__ = ["NoBoosterError", "main", "probe", "read", "unpickled", "written"]

_PICKLE = b"\x80"
# What every serialised booster is longer than; the library reads the first bytes of a shorter one unasked.
_SHORTEST = 64
_ROWS = 16
_PLAIN = {kind.__name__: kind for kind in (bytearray, bytes, complex, dict, float, frozenset, int, list, set, object)}


class NoBoosterError(ValueError):
    """A pickle holds no booster; no error of byoml's tree, as byoml may not be there."""

    def __init__(self, found: str) -> None:
        super().__init__(f"the pickle holds {found}, and no Booster or model of xgboost's scikit-learn classes")


class _Held:
    """Stands for an object of any class, and keeps its state."""

    path = ""

    state: Any = None

    def __new__(cls, *_args: object, **_named: object) -> Any:
        return super().__new__(cls)

    def __init__(self, *_args: object, **_named: object) -> None:
        """Take whatever the class would take."""

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: object, value: object) -> None:
        """Take what a pickled mapping holds; nothing of it is needed."""

    def extend(self, values: object) -> None:
        """Take what a pickled sequence holds; likewise."""


class _Unpickler(pickle.Unpickler):
    """Makes plain values, and stand-ins for all else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("builtins", "__builtin__") and name in _PLAIN:
            return _PLAIN[name]
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("_codecs", "encode"):
            return _encode
        if module in ("copyreg", "copy_reg") and name == "_reconstructor":
            return _reconstruct
        return type(name, (_Held,), {"path": f"{module}.{name}"})


def _encode(text: str, _encoding: str) -> bytes:
    """Make bytes of text, as the oldest pickles hold them; no other codec is asked for."""
    return text.encode("latin-1")


def _reconstruct(kind: Any, *_base: object) -> Any:
    return kind()


def unpickled(content: bytes | bytearray) -> xgb.Booster:
    """Read the booster of a pickle, without running anything that the pickle names.

    Args:
        content: A pickled Booster, or a model of xgboost's scikit-learn classes, which holds one.

    Returns:
        The booster, with as many threads as the process may use.

    Raises:
        NoBoosterError: It holds something else.
        pickle.UnpicklingError: It is no pickle, as several other errors say too.
        xgboost.core.XGBoostError: The installed release does not read what the booster was written as.
    """
    found = _Unpickler(io.BytesIO(content)).load()
    if isinstance(found, _Held) and isinstance(found.state, dict):
        held = found.state.get("_Booster", found)
        if isinstance(held, _Held) and held.path == "xgboost.core.Booster":
            return _booster(held.state)
    raise NoBoosterError(found.path if isinstance(found, _Held) else f"a {type(found).__name__}")


def _booster(state: dict[str, Any]) -> xgb.Booster:
    import xgboost as xgb

    handle = bytearray(state.get("handle") or b"")
    if len(handle) < _SHORTEST:
        raise NoBoosterError("a Booster that was never trained")
    booster = xgb.Booster.__new__(xgb.Booster)
    try:
        booster.__setstate__({"handle": handle})
    except xgb.core.XGBoostError:
        # Releases before 1.0 pickled the very bytes of the model's file.
        booster = xgb.Booster(model_file=handle)
    if state.get("feature_names") and not booster.feature_names:
        booster.feature_names = list(state["feature_names"])
    # A pickle brings the number of threads of the machine it was written on.
    booster.set_param({"nthread": 0})
    return booster


def read(content: bytes | bytearray) -> xgb.Booster:
    """Read a model of any form that the installed release knows; raises what XGBoost and `unpickled` raise."""
    import xgboost as xgb

    if content.startswith(_PICKLE):
        return unpickled(content)
    return xgb.Booster(model_file=content if isinstance(content, bytearray) else bytearray(content))


def probe(booster: xgb.Booster) -> list[Any]:
    """Predict rows that are the same everywhere, so that two releases can be compared.

    Args:
        booster: The model.

    Returns:
        Its predictions.
    """
    import numpy as np
    import xgboost as xgb

    width = booster.num_features()
    rows = (np.arange(_ROWS * width, dtype="float32").reshape(_ROWS, width) * 7919 % 97 - 48) / 8
    if "c" in (booster.feature_types or ()):
        rows *= 0  # the one category that every feature has
    predictions: list[Any] = booster.predict(xgb.DMatrix(rows), validate_features=False).tolist()
    return predictions


def written(booster: xgb.Booster, suffix: str) -> bytes:
    """Write a model as JSON for the suffix `.json`, else as UBJ."""
    return bytes(booster.save_raw("json" if suffix == ".json" else "ubj"))


def main(old: Path, new: Path, predictions: Path) -> None:
    """Write a model anew, as JSON where its name says so and else as UBJ, and what it predicts.

    Args:
        old: The model.
        new: Where it goes.
        predictions: Where what it predicts goes, as JSON.
    """
    booster = read(old.read_bytes())
    predictions.write_text(json.dumps(probe(booster)), encoding="ascii")
    new.write_bytes(written(booster, new.suffix))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
