"""What XGBoost computes with: the CPU, or a GPU where the job asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml_xgboost.errors import NoGpuError

if TYPE_CHECKING:
    from byoml_xgboost.hyperparameters import Hyperparameters

__all__ = ["check"]


def check(settings: Hyperparameters) -> None:
    """Make sure that the installed XGBoost can compute where the job wants it to.

    Args:
        settings: The job's; `gpu_hist` is `hist` on the device `cuda` by now.

    Raises:
        NoGpuError: The job asks for a GPU, and the installed XGBoost is built without CUDA.
    """
    if settings.booster.get("device") != "cuda":
        return
    import xgboost as xgb

    if not xgb.build_info().get("USE_CUDA"):
        remedy = (
            "replace xgboost-cpu by xgboost (pip uninstall xgboost-cpu, pip install xgboost), or use tree_method hist"
        )
        raise NoGpuError("device cuda (tree_method gpu_hist)", "the installed XGBoost is built without CUDA", remedy)
