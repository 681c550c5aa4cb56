"""Pictures of how a training went, in `output/data`: learning curves, and the weight of each feature."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import xgboost as xgb

    from byoml_xgboost.rounds import History

__all__ = ["draw"]

_log = logging.getLogger(__name__)
_LINEAR = "weight"
_TREES = "gain"


def draw(folder: Path, model: xgb.Booster, history: History) -> None:
    """Draw the pictures; a disk that is full costs them, and not the model.

    Args:
        folder: Where they go: `learning-curve-<metric>.png` and `feature-importance.png`.
        model: Whose features are weighed: trees by the gain of their splits.
        history: The value of each round, by data set and metric.
    """
    from byoml.job import pictures

    try:
        for metric in history.get("train", {}):
            curves = {data: metrics[metric] for data, metrics in history.items() if metric in metrics}
            pictures.learning_curves(folder / f"learning-curve-{metric}.png", curves, metric, "round", 0)
        measure, weights = _weights(model)
        if weights:
            pictures.importance(folder / "feature-importance.png", weights, measure)
    except OSError as error:
        _log.warning("the pictures of the training cannot be written: %s", error)


def _weights(model: xgb.Booster) -> tuple[str, dict[str, float]]:
    import xgboost as xgb

    try:
        found = model.get_score(importance_type=_TREES)
        measure = _TREES
    except xgb.core.XGBoostError:  # linear models have no gain
        found, measure = model.get_score(importance_type=_LINEAR), _LINEAR
    # With several classes a linear model has a weight for each; the sum of their sizes is the feature's.
    return measure, {name: sum(map(abs, _listed(score))) for name, score in found.items()}


def _listed(score: float | list[float]) -> list[float]:
    return score if isinstance(score, list) else [score]
