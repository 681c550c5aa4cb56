"""Importing XGBoost without scikit-learn, which most of the time of its import goes to.

XGBoost imports scikit-learn, and with it pandas and scipy.stats, where it is installed, for its own estimators; it has
no switch for that.
"""

from __future__ import annotations

import sys

__all__ = ["import_alone"]

_UNNEEDED = "sklearn"


def import_alone() -> None:
    """Import XGBoost as it is where scikit-learn is not installed; its estimators cannot be used in this process then.

    For processes that run no code but byoml's. Where either has been imported already, nothing is done.
    """
    if "xgboost" in sys.modules or _UNNEEDED in sys.modules:
        return
    # With None there, importing it fails as if it were not installed.
    sys.modules[_UNNEEDED] = None  # type: ignore[assignment]
    try:
        import xgboost  # noqa: F401  for its presence
    finally:
        del sys.modules[_UNNEEDED]
