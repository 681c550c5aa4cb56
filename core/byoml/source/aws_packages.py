"""Packages of AWS's containers that users' scripts import, and what stands here in their place."""

from __future__ import annotations

import re

__all__ = ["import_failure", "instead_of"]

_SETTINGS = "read the job from the SM_* variables, which are the same here"
_CODECS = "leave input_fn and output_fn out, or take context.codecs.decode and context.codecs.encode"
_INSTEAD = {
    "sagemaker_containers": f"{_SETTINGS}; for encoders and decoders {_CODECS}",
    "sagemaker_training": f"{_SETTINGS}; byoml.job has what else a script needs",
    "sagemaker_inference": f"{_CODECS}; byoml.request_errors has errors with a status",
    "sagemaker_xgboost_container": f"{_CODECS}, which make the DMatrix that a predict_fn of yours gets; to train over "
    "several hosts run the built-in algorithm, or xgboost.collective in your script",
    "sagemaker_sklearn_container": _CODECS,
    "sagemaker_pytorch_serving_container": _CODECS,
    "sagemaker_chainer_container": _CODECS,
    "sagemaker_tensorflow_container": _SETTINGS,
}
_MISSING = re.compile(r"No module named '(\w+)[\w.]*'")


def instead_of(message: str) -> str | None:
    """Name what takes the place of a package of AWS's.

    Args:
        message: What Python says of a module that is not there.

    Returns:
        What to do, on one line; None where the module is none of theirs.
    """
    found = _MISSING.search(message)
    instead = _INSTEAD.get(found[1]) if found else None
    return f"{found[1]} is AWS's and not here: {instead}" if found and instead else None


def import_failure(error: Exception) -> str:
    """Word why a module of the user's cannot be imported; what to do stands with it where that is known."""
    told = f"cannot be imported: {type(error).__name__}: {error}"
    instead = instead_of(str(error)) if isinstance(error, ModuleNotFoundError) else None
    return f"{told}; {instead}" if instead else told
