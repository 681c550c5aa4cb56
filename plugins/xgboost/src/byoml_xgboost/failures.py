"""What this plugin says when a user's script fails on what only AWS's container has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml.plugin import hookimpl

if TYPE_CHECKING:
    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.values import Outcome

__all__ = ["byoml_explain_failure"]

_MISSING = re.compile(r"^ModuleNotFoundError: No module named 'sagemaker_xgboost_container\b", re.MULTILINE)
_HINT = (
    "hint: sagemaker_xgboost_container belongs to AWS's container; use byoml_xgboost.hosts.together(hosts, host) "
    "instead of its distributed.rabit_run, byoml_xgboost.data.load(channel) instead of data_utils.get_dmatrix, and "
    "byoml.checkpoints instead of checkpointing"
)


@hookimpl
def byoml_explain_failure(env: TrainingEnv | ProcessingEnv, outcome: Outcome) -> str | None:
    """Name byoml's equivalent of a module that scripts for AWS's container import."""
    del env
    return _HINT if _MISSING.search(outcome.stderr_tail) else None
