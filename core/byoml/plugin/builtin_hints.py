"""Core's own answers to `byoml_explain_failure`: remedies for the failures that most jobs meet."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from byoml.plugin.hookspecs import hookimpl
from byoml.source.aws_packages import instead_of

if TYPE_CHECKING:
    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.values import Outcome

__all__ = ["byoml_explain_failure"]

_KILLED = 128 + signal.SIGKILL
_HINTS = (
    (
        re.compile(r"^ModuleNotFoundError: No module named '([\w.]+)'", re.MULTILINE),
        "hint: {0!r} is not installed; name the package that brings it in requirements.txt beside the entry point",
    ),
    (
        re.compile(r"error: unrecognized arguments: (.+)$", re.MULTILINE),
        "hint: each hyperparameter becomes an argument; let the script's parser know {0}, or use parse_known_args()",
    ),
    (
        re.compile(r"OSError: \[Errno 28\]|No space left on device"),
        "hint: the disk is full; ask for a larger volume, or write less under /opt/ml and /tmp",
    ),
)


@hookimpl(trylast=True)
def byoml_explain_failure(env: TrainingEnv | ProcessingEnv, outcome: Outcome) -> str | None:
    """Name the remedy of a well-known failure."""
    del env
    if outcome.exit_code == _KILLED:
        return "hint: SIGKILL from outside most often means that memory ran out; use less, or a larger instance"
    if instead := instead_of(outcome.stderr_tail):
        return f"hint: {instead}"
    for pattern, hint in _HINTS:
        found = pattern.search(outcome.stderr_tail)
        if found:
            return hint.format(*found.groups())
    return None
