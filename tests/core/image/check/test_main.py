"""Which ENTRYPOINTs pass the platform's word on; the whole examination is in tests/images."""

from __future__ import annotations

import pytest
from byoml.image.check.main import judge_entrypoint
from byoml.image.check.statements import Word


@pytest.mark.parametrize("words", [[], ["/program"], ["python3", "/program.py"], ["bash", "start.sh"], ["byoml"]])
def test_exec_form_and_none_are_kept(words: list[str]) -> None:
    """The word is an argument like any other."""
    assert judge_entrypoint(words).word is Word.KEPT


@pytest.mark.parametrize("words", [["/bin/sh", "-c", "serve"], ["bash", "-c", "exec serve"]])
def test_shell_form_is_broken_as_it_drops_the_word(words: list[str]) -> None:
    """The shell takes the word for its own `$0`."""
    told = judge_entrypoint(words)
    assert told.word is Word.BROKEN
    assert "shell form" in told.found


@pytest.mark.parametrize("words", [["tini", "--"], ["/usr/bin/tini"]])
def test_tini_is_broken_wherever_it_lies(words: list[str]) -> None:
    """The platform's page on images rules it out (contract/training 1.8)."""
    assert judge_entrypoint(words).word is Word.BROKEN
