"""What happens after each round of boosting: its line is printed, and whether to stop is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xgboost as xgb

    from byoml_xgboost.hosts import Hosts
    from byoml_xgboost.hyperparameters import Hyperparameters

    #: The value of each round so far, by data set and metric.
    History = dict[str, dict[str, list[float]]]

__all__ = ["Keeper", "Nothing", "Rounds"]

_DECIDING_DATA = "validation"


class Keeper(Protocol):
    """What outlives a stop; all hosts ask it together."""

    def stopping(self, hosts: Hosts) -> bool:
        """Tell whether any host has been told to stop."""

    def offer(self, model: xgb.Booster, history: History, *, last: bool) -> None:
        """Keep the model as it is now, where it is time to; the last one in any case."""


class Nothing:
    """Keeps nothing, and lets a signal end the program at once."""

    def stopping(self, hosts: Hosts) -> bool:
        del hosts
        return False

    def offer(self, model: xgb.Booster, history: History, *, last: bool) -> None:
        pass


class Rounds:
    """The rounds of one training, from the first on, even where another job began it.

    Args:
        settings: The job's.
        hosts: Who trains.
        keeper: Gets the model after each round.
        history: Of the rounds before; it grows.
    """

    def __init__(self, settings: Hyperparameters, hosts: Hosts, keeper: Keeper, history: History) -> None:
        self._settings = settings
        self._hosts = hosts
        self._keeper = keeper
        self.history = history
        #: Whether the training ended because the job is to stop.
        self.stopped = False

    @property
    def count(self) -> int:
        """How many rounds there have been."""
        return max((len(values) for found in self.history.values() for values in found.values()), default=0)

    def after(self, model: xgb.Booster, log: Mapping[str, Mapping[str, list[Any]]]) -> bool:
        """Take note of a round; tells whether it was the last one."""
        for data, metrics in log.items():
            for metric, values in metrics.items():
                self.history.setdefault(data, {}).setdefault(metric, []).append(float(values[-1]))
        if self._hosts.first:
            print(self._line(), flush=True)  # noqa: T201  the program's output, which the tuner reads
        self.stopped = self._keeper.stopping(self._hosts)
        if self._hosts.first:
            self._keeper.offer(model, self.history, last=self.stopped)
        return self.stopped or self._is_over()

    def _line(self) -> str:
        r"""Write the round as tuners read it: `[12]\ttrain-logloss:0.12345\tvalidation-logloss:0.23456`."""
        found = [
            f"{data}-{metric}:{values[-1]:.5f}"
            for data, metrics in self.history.items()
            for metric, values in metrics.items()
        ]
        return "\t".join([f"[{self.count - 1}]", *found])

    def _is_over(self) -> bool:
        patience = self._settings.early_stopping_rounds
        return patience is not None and self.count - 1 - self.best >= patience

    @property
    def best(self) -> int:
        """The round, from 0, after which the model was best on the data that it was not trained on."""
        return self._best()[0]

    def _best(self) -> tuple[int, float]:
        import numpy as np

        name, more_is_better = self._settings.deciding
        metrics = self.history[_DECIDING_DATA]
        values = np.array(metrics[name if name in metrics else next(reversed(metrics))])
        ranked = np.where(np.isnan(values), -np.inf, values if more_is_better else -values)
        return int(ranked.argmax()), float(values[ranked.argmax()])

    def cut(self, model: xgb.Booster) -> xgb.Booster:
        """Leave away the rounds after the best one, where the job stops early; linear models keep all."""
        if self._settings.early_stopping_rounds is None or not self.count or self._settings.linear:
            return model
        best, score = self._best()
        kept = model[: best + 1]
        kept.set_attr(best_iteration=str(best), best_score=str(score))
        return kept
