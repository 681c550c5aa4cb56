"""The formats of a saved estimator: joblib's, skops', and pickles by choice; versions that differ are told."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

from byoml.environment.serving_env import truth

from byoml_sklearn.errors import PickleRefusedError, UnreadableModelError, UntrustedModelError
from byoml_sklearn.model_card import installed_versions, saved_versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PICKLE", "TRUSTED", "read"]

_log = logging.getLogger("byoml.sklearn")

#: Says that pickles may be read.
PICKLE = "BYOML_ALLOW_PICKLE"
#: Types of skops files that are trusted beside scikit-learn's own, with commas between them.
TRUSTED = "BYOML_SKOPS_TRUSTED"
# What fitted estimators of scikit-learn consist of, and skops does not trust by itself.
_OWN_TYPES = frozenset(
    {
        "numpy.dtype",
        "numpy.mean",
        "scipy.interpolate._bsplines.BSpline",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
    }
)
_PICKLE_WARNING = (
    "%s is a pickle, read because %s says so: whoever wrote it can run any code here, and other versions of Python and "
    "scikit-learn may not read it; skops.io.dump writes a model that holds no code"
)


def read(path: Path, environ: Mapping[str, str]) -> Any:
    """Read a file.

    Args:
        path: A joblib file, a skops file (`.skops`), or a pickle (`.pkl`, `.pickle`).
        environ: `BYOML_ALLOW_PICKLE` and `BYOML_SKOPS_TRUSTED`.

    Returns:
        Whatever it holds. One warning names the versions that wrote and read it, where they differ.

    Raises:
        PickleRefusedError: It is a pickle, and nobody has said to read those.
        UntrustedModelError: It needs types that are not trusted.
        UnreadableModelError: It cannot be read; says the versions that wrote it where they are known.
    """
    if path.suffix in (".pkl", ".pickle"):
        if not truth(environ.get(PICKLE)):
            raise PickleRefusedError(path, PICKLE)
        _log.warning(_PICKLE_WARNING, path.name, PICKLE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = _read(path, environ)
        except UntrustedModelError:
            raise
        except Exception as error:  # a pickle runs code, which may raise anything
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
            raise UnreadableModelError(path, reason, _other_versions(path, caught)) from error
    told = _other_versions(path, caught)
    if told:
        _log.warning("%s: predictions may differ or fail; save it again with the versions that serve it", told)
    for other in caught:
        if not hasattr(other.message, "original_sklearn_version"):
            _log.warning("%s: %s", path.name, other.message)
    return model


def _read(path: Path, environ: Mapping[str, str]) -> Any:
    if path.suffix == ".skops":
        return _read_skops(path, environ)
    import joblib

    # It reads plain pickles too.
    return joblib.load(path)


def _read_skops(path: Path, environ: Mapping[str, str]) -> Any:
    import skops.io

    asked = {name.strip() for name in environ.get(TRUSTED, "").split(",") if name.strip()}
    needed = set(skops.io.get_untrusted_types(file=path))
    untrusted = sorted(needed - _OWN_TYPES - asked)
    if untrusted:
        raise UntrustedModelError(path, untrusted, TRUSTED)
    return skops.io.load(path, trusted=sorted(needed))


def _other_versions(path: Path, caught: list[warnings.WarningMessage]) -> str:
    """Tell which versions wrote a file, where they are not those that read it."""
    here = installed_versions()
    wrote = saved_versions(path.parent)
    for warning in caught:
        wrote["scikit-learn"] = getattr(warning.message, "original_sklearn_version", wrote.get("scikit-learn", ""))
    differing = {name: number for name, number in wrote.items() if number and not _alike(name, number, here)}
    told = (f"{name} {number} (here {here.get(name, 'none')})" for name, number in sorted(differing.items()))
    return f"{path.name} was saved with {', '.join(told)}" if differing else ""


def _alike(name: str, wrote: str, here: Mapping[str, str]) -> bool:
    """Compare versions; of all but scikit-learn itself, the last number makes no difference to what is saved."""
    if name not in here or name == "scikit-learn":
        return wrote == here.get(name)
    return wrote.split(".")[:2] == here[name].split(".")[:2]
