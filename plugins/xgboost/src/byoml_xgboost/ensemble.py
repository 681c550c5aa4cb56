"""Several boosters of one training, such as those of a k-fold cross-validation, that predict together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml_xgboost.model_errors import EnsembleError
from byoml_xgboost.objective import objective_of
from byoml_xgboost.predicting import predict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xgboost as xgb
    from numpy.typing import NDArray

    from byoml_xgboost.objective import Objective

__all__ = ["Ensemble", "combined"]

_BY_VOTE = frozenset({"multi:softmax", "binary:hinge"})


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Predicts as a booster does: the mean of all predictions, and of classes the one that most boosters name.

    Args:
        boosters: The models.
        objective: Theirs.
    """

    boosters: tuple[xgb.Booster, ...]
    objective: Objective

    @classmethod
    def of(cls, boosters: Mapping[str, xgb.Booster]) -> Ensemble:
        """Put models together.

        Args:
            boosters: By the names of their files.

        Returns:
            The ensemble.

        Raises:
            EnsembleError: Their objectives or numbers of features differ.
        """
        objectives = {name: objective_of(booster) for name, booster in boosters.items()}
        for what, told in (
            ("objectives", {name: str(objective) for name, objective in objectives.items()}),
            ("numbers of features", {name: str(booster.num_features()) for name, booster in boosters.items()}),
        ):
            if len(set(told.values())) > 1:
                raise EnsembleError(what, [f"{name} has {value}" for name, value in told.items()])
        return cls(tuple(boosters.values()), next(iter(objectives.values())))

    @property
    def feature_names(self) -> list[str] | None:
        names = self.boosters[0].feature_names
        return None if names is None else list(names)

    def num_features(self) -> int:
        return int(self.boosters[0].num_features())

    def predict(self, data: xgb.DMatrix, **settings: Any) -> NDArray[Any]:
        """Predict a DMatrix; `settings` are those of a booster's `predict`."""
        return self._together(lambda booster: booster.predict(data, **settings))

    def predict_rows(self, table: NDArray[Any]) -> NDArray[Any]:
        """Predict rows of numbers."""
        return self._together(lambda booster: predict(booster, table))

    def _together(self, ask: Callable[[xgb.Booster], NDArray[Any]]) -> NDArray[Any]:
        return combined([ask(booster) for booster in self.boosters], by_vote=self.objective.name in _BY_VOTE)


def combined(predictions: list[NDArray[Any]], *, by_vote: bool) -> NDArray[Any]:
    """Make one prediction of several (contract/inference X-9).

    Args:
        predictions: One array a model, of one shape.
        by_vote: The values are classes, and the most frequent wins, the smallest among equals; else their mean.

    Returns:
        An array of that shape.
    """
    import numpy as np

    stacked = np.stack(predictions)
    if not by_vote:
        mean: NDArray[Any] = stacked.mean(axis=0, dtype=np.float64).astype(stacked.dtype)
        return mean
    classes = np.unique(stacked)
    votes = np.stack([(stacked == value).sum(axis=0) for value in classes])
    winners: NDArray[Any] = classes[votes.argmax(axis=0)]
    return winners
