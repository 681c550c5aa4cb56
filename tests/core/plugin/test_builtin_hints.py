"""Core's own hints for failures that most jobs meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.environment.training_env import TrainingEnv
from byoml.plugin.builtin_hints import byoml_explain_failure
from byoml.plugin.values import Outcome

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(137, 9), "memory"),
        (Outcome(1, None, "Traceback\nModuleNotFoundError: No module named 'yaml'\n"), "'yaml' is not installed"),
        (
            Outcome(1, None, "ModuleNotFoundError: No module named 'sagemaker_containers.beta'\n"),
            "sagemaker_containers is AWS's and not here: read the job from the SM_* variables",
        ),
        (
            Outcome(2, None, "train.py: error: unrecognized arguments: --eta 0.2\n"),
            "let the script's parser know --eta 0.2",
        ),
        (Outcome(1, None, "OSError: [Errno 28] No space left on device"), "the disk is full"),
    ],
)
def test_a_well_known_failure_has_its_remedy(tmp_path: Path, outcome: Outcome, words: str) -> None:
    """One line, marked as a hint."""
    hint = byoml_explain_failure(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}), outcome)
    assert hint is not None
    assert hint.startswith("hint: ")
    assert words in hint
    assert "\n" not in hint


def test_of_any_other_failure_nothing_is_said(tmp_path: Path) -> None:
    """Rather than something wrong."""
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)})
    assert byoml_explain_failure(env, Outcome(1, None, "ValueError: eta")) is None
