"""Names of weight files that Keras 3 refuses: written under the name that the script says, and read from there."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml_tensorflow.old_keras import OldNameWarning

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["widen"]

_SUFFIX = ".weights.h5"
_OLD_SUFFIXES = (".h5", ".hdf5", ".hd5", ".keras", ".tf", ".ckpt")
_SINCE = 3


def widen(keras: ModuleType) -> None:
    """Let a Keras of version 3 take any name of a weight file; an older one takes them by itself.

    Args:
        keras: The module, just imported.
    """
    if int(keras.__version__.split(".")[0]) < _SINCE:
        return
    model, checkpoint = keras.Model, keras.callbacks.ModelCheckpoint
    model.save_weights = _saving(model.save_weights)
    model.load_weights = _loading(model.load_weights)
    checkpoint.__init__ = _checkpointing(checkpoint.__init__)


def _named(path: str) -> str:
    """Give the name that Keras 3 takes."""
    stem = next((path.removesuffix(suffix) for suffix in _OLD_SUFFIXES if path.endswith(suffix)), path)
    return stem + _SUFFIX


def _is_old(path: object) -> bool:
    return isinstance(path, (str, os.PathLike)) and not os.fspath(path).endswith((_SUFFIX, ".json"))


def _warn(path: str) -> None:
    warnings.warn(OldNameWarning(f"weights in a file {path}", _named(path)), stacklevel=4)


def _saving(save_weights: Any) -> Any:
    @wraps(save_weights)
    def save(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_old(filepath):
            return save_weights(self, filepath, *args, **kwargs)
        path = Path(filepath)
        _warn(str(path))
        if path.exists() and kwargs.get("overwrite", *args[:1] or (True,)) is False:
            raise FileExistsError(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            save_weights(self, Path(folder) / f"part{_SUFFIX}")
            (Path(folder) / f"part{_SUFFIX}").replace(path)
        return None

    return save


def _loading(load_weights: Any) -> Any:
    @wraps(load_weights)
    def load(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_old(filepath):
            return load_weights(self, filepath, *args, **kwargs)
        path = Path(filepath)
        there = path if path.is_file() else Path(_named(str(path)))
        if not there.is_file() or not _is_of_today(there):
            return load_weights(self, filepath, *args, **kwargs)
        _warn(str(path))
        with tempfile.TemporaryDirectory() as folder:
            renamed = shutil.copy(there, Path(folder) / f"part{_SUFFIX}")
            return load_weights(self, renamed, *args, **kwargs)

    return load


def _is_of_today(path: Path) -> bool:
    """Tell the files that Keras 3 wrote from those of Keras 2, which it reads itself by their old names."""
    import h5py

    if not h5py.is_hdf5(path):
        return False
    with h5py.File(path) as file:
        return "layer_names" not in file.attrs and "model_weights" not in file


def _checkpointing(init: Any) -> Any:
    @wraps(init)
    def make(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        only_weights = kwargs.get("save_weights_only", args[3] if len(args) > 3 else False)  # noqa: PLR2004  the fifth
        if only_weights and _is_old(filepath):
            _warn(os.fspath(filepath))
            filepath = _named(os.fspath(filepath))
        return init(self, filepath, *args, **kwargs)

    return make
