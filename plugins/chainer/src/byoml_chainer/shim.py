"""What Chainer's last release asks of numpy and setuptools that newer ones no longer have; for this process alone.

Four things, each put there only where it is missing: `numpy.sctypes` (gone with numpy 2) and `numpy.float` (1.24),
`numpy.distutils.system_info` (not with Python 3.12, nor with setuptools 74 or newer), `pkg_resources` (setuptools 82).
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from pathlib import Path

__all__ = ["apply", "apply_when_asked", "python_path"]

_CHAINER = "chainer"


def apply() -> None:
    """Put what is missing in place; what is there stays."""
    import numpy as np

    integers, floats = (np.int8, np.int16, np.int32, np.int64), (np.float16, np.float32, np.float64)
    there = vars(np)  # to ask numpy itself for what is gone makes it warn
    if "sctypes" not in there:
        there["sctypes"] = {"int": list(integers), "float": [*floats, np.longdouble]}
    if "float" not in there:
        there["float"] = float
    _stand_in("numpy.distutils", {})
    _stand_in("numpy.distutils.system_info", {"get_info": _no_info})
    _stand_in("pkg_resources", _package_resources())


def apply_when_asked() -> None:
    """Have `apply` called by the first import of Chainer: a program that imports none pays nothing."""
    if _CHAINER not in sys.modules and not any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watcher())


def python_path(shim_dir: Path, code_dir: Path, environ: Mapping[str, str]) -> str:
    """Give the PYTHONPATH with which every Python of a job calls `apply_when_asked` at its start.

    Args:
        shim_dir: The folder with our sitecustomize.py.
        code_dir: The folder of the user's program.
        environ: The job's environment, whose own PYTHONPATH stays at the end.
    """
    return os.pathsep.join([str(shim_dir), str(code_dir), *filter(None, [environ.get("PYTHONPATH")])])


class _Watcher(MetaPathFinder):
    """Finds nothing; it sees Chainer's name pass by, once."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == _CHAINER and self in sys.meta_path:
            sys.meta_path.remove(self)
            apply()
        return None


def _stand_in(name: str, content: Mapping[str, Any]) -> None:
    """Import a module, or put an empty one in its place that has what Chainer asks for."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is deprecated, as we know
            importlib.import_module(name)
    except ImportError:
        module = ModuleType(name, "Put here by byoml-chainer, as what was installed has none that can be imported.")
        vars(module).update(content)
        sys.modules[name] = module
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, module)


def _no_info(*_names: str) -> dict[str, Any]:
    return {}


def _package_resources() -> dict[str, Any]:
    class ResolutionError(Exception):
        """A requirement cannot be met."""

    class DistributionNotFound(ResolutionError):  # noqa: N818  the name that Chainer asks for
        """A distribution is not installed."""

    class VersionConflict(ResolutionError):  # noqa: N818  the name that Chainer asks for
        """Another version is installed."""

    def require(requirement: str) -> None:
        """Say of each optional package of Chainer, CuPy and iDeep, that it is not there."""
        raise DistributionNotFound(requirement)

    known = (ResolutionError, DistributionNotFound, VersionConflict)
    return {"require": require, **{error.__name__: error for error in known}}
