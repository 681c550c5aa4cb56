"""Labels that an objective cannot learn from, found before XGBoost says something of its own about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml_xgboost.errors import LabelsError

if TYPE_CHECKING:
    from byoml_xgboost.hyperparameters import Hyperparameters
    from byoml_xgboost.training_rows import Rows

__all__ = ["check"]

_NOT_NEGATIVE = ("count:poisson", "reg:tweedie", "reg:gamma")


def check(channel: str, rows: Rows, settings: Hyperparameters) -> None:
    """Hold the labels of a channel against the objective.

    Args:
        channel: Its name, for the error.
        rows: Its rows.
        settings: The job's.

    Raises:
        LabelsError: Some label is none that the objective knows; it names the first such row.
    """
    import numpy as np

    objective, classes = settings.objective, settings.classes
    if objective.startswith("multi:"):
        bad = (rows.labels < 0) | (rows.labels >= classes) | (rows.labels != np.floor(rows.labels))
        wanted = f"a class from 0 to {classes - 1}, as num_class is {classes}"
    elif objective.startswith("binary:") or objective == "reg:logistic":
        bad = (rows.labels < 0) | (rows.labels > 1)
        wanted = "from 0 to 1"
    elif objective in _NOT_NEGATIVE:
        bad = rows.labels < 0
        wanted = "at least 0"
    else:
        return
    if bad.any():
        row = int(bad.argmax())
        raise LabelsError(channel, row + 1, float(rows.labels[row]), objective, wanted)
