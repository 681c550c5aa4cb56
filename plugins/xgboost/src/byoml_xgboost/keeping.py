"""What outlives a stop: checkpoints, from which the job goes on, and the model as far as it is."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING

from byoml.job import checkpoints
from byoml.job.stopping import should_stop

from byoml_xgboost import model_files
from byoml_xgboost.boosting import Start
from byoml_xgboost.rounds import Nothing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import xgboost as xgb
    from byoml.plugin.algorithm import AlgorithmJob

    from byoml_xgboost.hosts import Hosts
    from byoml_xgboost.hyperparameters import Hyperparameters
    from byoml_xgboost.rounds import History, Keeper

__all__ = ["keeper_of", "listener_of", "resumed"]

_log = logging.getLogger(__name__)

#: A checkpoint: a folder with the model and the history of its rounds.
_NAME = "xgboost-checkpoint"
_MODEL, _HISTORY = "model.ubj", "history.json"
_KEPT = 5
#: Seconds between two checkpoints, and between two models, at least.
_CHECKPOINT_SECONDS = 60.0
_MODEL_SECONDS = 10.0
#: Saving takes at most this share of the time.
_SHARE = 0.02


def keeper_of(job: AlgorithmJob, settings: Hyperparameters) -> Keeper:
    """Make what keeps the model of a job while it is trained.

    Args:
        job: Checkpoints are kept where its checkpoint folder exists.
        settings: `saved_on_stop` says whether the model itself is.

    Returns:
        The keeper; from now on a signal ends the training after its round, where there is anything to keep.
    """
    ways: list[_Way] = []
    if job.checkpoint_dir.is_dir():
        ways.append(_Way(_save_checkpoint, _CHECKPOINT_SECONDS))
    if settings.saved_on_stop:
        ways.append(_Way(lambda model, _: _save_model(model, job.model_dir), _MODEL_SECONDS))
    if not ways:
        return Nothing()
    should_stop()  # the first call is when it begins to listen
    return _Keeper(ways)


def listener_of(settings: Hyperparameters) -> Keeper:
    """Make what ends a cross-validation after its round, where the job wants the models that there are by then.

    Args:
        settings: `saved_on_stop` says whether it does.

    Returns:
        A keeper that keeps nothing itself.
    """
    if not settings.saved_on_stop:
        return Nothing()
    should_stop()
    return _Keeper([])


def resumed(job: AlgorithmJob, hosts: Hosts) -> Start | None:
    """Find what to go on from: the first host's latest whole checkpoint, for all hosts.

    Args:
        job: The job.
        hosts: All ask together.

    Returns:
        The model and its history; None where there is none.
    """
    import xgboost as xgb

    found = _latest() if hosts.first and job.checkpoint_dir.is_dir() else None
    told = hosts.told_by_first(found)
    if told is None:
        return None
    content, history = told
    start = Start(xgb.Booster(model_file=bytearray(content)), json.loads(history))
    if hosts.first:
        _log.warning("training goes on from a checkpoint of %d rounds", start.model.num_boosted_rounds())
    return start


def _latest() -> tuple[bytes, str] | None:
    found = checkpoints.latest(_NAME)
    if found is None:
        return None
    return (found.path / _MODEL).read_bytes(), (found.path / _HISTORY).read_text("utf-8")


class _Way:
    """One way to keep a model, now and then."""

    def __init__(self, save: Callable[[xgb.Booster, History], None], seconds: float) -> None:
        self._save = save
        self._seconds = seconds
        self._next = 0.0

    def offer(self, model: xgb.Booster, history: History, *, last: bool) -> None:
        began = time.monotonic()
        if not last and began < self._next:
            return
        self._save(model, history)
        now = time.monotonic()
        self._next = now + max(self._seconds, (now - began) / _SHARE)


class _Keeper:
    """Keeps models in some ways, and hears of a stop."""

    def __init__(self, ways: list[_Way]) -> None:
        self._ways = ways

    def stopping(self, hosts: Hosts) -> bool:
        return hosts.any(should_stop())

    def offer(self, model: xgb.Booster, history: History, *, last: bool) -> None:
        for way in self._ways:
            way.offer(model, history, last=last)


def _save_model(model: xgb.Booster, folder: Path) -> None:
    model_files.save(model, folder)


def _save_checkpoint(model: xgb.Booster, history: History) -> None:
    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / _MODEL).write_bytes(model.save_raw("ubj"))
        (folder / _HISTORY).write_text(json.dumps(history), "utf-8")

    checkpoints.save(_NAME, write, step=model.num_boosted_rounds(), keep=_KEPT)
