"""What a job that has ended must have left; tests/images runs the probe job in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.image.check.statements import Word
from byoml.image.check.training import judge_outcome

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The tree of a job that left nothing."""
    (tmp_path / "model").mkdir()
    (tmp_path / "output").mkdir()
    return tmp_path


def test_a_success_with_a_model_is_kept(job: Path) -> None:
    """In whichever folder of the model."""
    (job / "model" / "1").mkdir()
    (job / "model" / "1" / "weights").touch()
    told = judge_outcome(job, 0, "")
    assert (told.word, told.found) == (Word.KEPT, "a model of 1 file(s)")


def test_a_success_without_a_model_is_broken(job: Path) -> None:
    """Folders alone are no model."""
    (job / "model" / "1").mkdir()
    assert judge_outcome(job, 0, "").word is Word.BROKEN


def test_a_failure_with_a_reason_is_kept(job: Path) -> None:
    """Sixteen rows need not suit a training program; its first line is shown."""
    (job / "output" / "failure").write_text("ValueError: no labels\nTraceback ...\n")
    told = judge_outcome(job, 2, "")
    assert (told.word, told.found) == (Word.KEPT, "exit code 2: ValueError: no labels")


def test_a_failure_without_a_reason_is_broken(job: Path) -> None:
    """An empty file tells as little as none; what the program wrote last is shown."""
    assert judge_outcome(job, 1, "it said this").word is Word.BROKEN
    assert "it said this" in judge_outcome(job, 1, "it said this").found
    (job / "output" / "failure").write_text("\n")
    assert judge_outcome(job, 1, "").word is Word.BROKEN


def test_a_reason_longer_than_the_platform_shows_is_broken(job: Path) -> None:
    """1,024 bytes, not characters, are shown (contract/training 1.6)."""
    (job / "output" / "failure").write_text("é" * 512)
    assert judge_outcome(job, 1, "").word is Word.KEPT
    (job / "output" / "failure").write_text("é" * 513)
    told = judge_outcome(job, 1, "")
    assert told.word is Word.BROKEN
    assert "1026 bytes" in told.found
