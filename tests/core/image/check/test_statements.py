"""What an image is held to."""

from __future__ import annotations

import pytest
from byoml.image.check.statements import STATEMENTS, Word, verdict


def test_every_statement_has_a_remedy() -> None:
    """Who reads that something is broken reads next what to do about it."""
    assert len(STATEMENTS) > 8
    assert all(statement.id == name and statement.text and statement.remedy for name, statement in STATEMENTS.items())


@pytest.mark.parametrize(("kept", "word"), [(True, Word.KEPT), (False, Word.BROKEN), (None, Word.UNTRIED)])
def test_what_could_not_be_tried_is_neither_kept_nor_broken(kept: bool | None, word: Word) -> None:  # noqa: FBT001  pytest's
    """An image is not blamed for what another fault hides."""
    told = verdict("stop", "seen", kept=kept)
    assert (told.statement, told.word, told.found) == (STATEMENTS["stop"], word, "seen")
