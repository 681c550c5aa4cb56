"""What a model was trained for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import xgboost as xgb

__all__ = ["Objective", "objective_of"]


class Objective(NamedTuple):
    """An objective's name, such as `multi:softprob`, and how many classes there are; 0 where it knows none."""

    name: str
    classes: int = 0

    def __str__(self) -> str:
        return f"{self.name} of {self.classes} classes" if self.classes else self.name


def objective_of(booster: xgb.Booster) -> Objective:
    """Read a booster's objective."""
    learner = json.loads(booster.save_config())["learner"]
    name = str(learner["objective"]["name"])
    classes = int(learner["learner_model_param"]["num_class"])
    return Objective(name, 2 if name.startswith("binary:") else classes)
