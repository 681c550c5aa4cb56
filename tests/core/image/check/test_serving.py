"""Which answers of an endpoint are right; tests/images asks containers."""

from __future__ import annotations

import pytest
from byoml.image.check.container import Answer
from byoml.image.check.serving import judge_invocation, judge_ping, judge_stop
from byoml.image.check.statements import Word


@pytest.mark.parametrize(
    ("answer", "needs_model", "word"),
    [
        (Answer(200, b"", 0.1), True, Word.KEPT),
        (Answer(200, b"", 0.1), False, Word.KEPT),
        (Answer(200, b"{}", 0.1), True, Word.BROKEN),  # the platform wants an empty body
        (Answer(200, b"", 2.5), True, Word.BROKEN),
        (Answer(503, b"no model", 0.1), True, Word.BROKEN),
        (Answer(503, b"no model", 0.1), False, Word.KEPT),  # it has none, and says so
        (Answer(503, b"no model", 2.5), False, Word.BROKEN),
        (Answer(None, b"", 0.1), True, Word.BROKEN),
    ],
)
def test_a_ping_is_quick_and_ready_once_there_is_a_model(*, answer: Answer, needs_model: bool, word: Word) -> None:
    """200 with nothing behind it, within two seconds."""
    assert judge_ping(answer, needs_model=needs_model).word is word


@pytest.mark.parametrize("status", [200, 400, 415, 500, 503])
def test_a_row_that_the_model_does_not_take_shows_that_the_route_is_there(status: int) -> None:
    """What suits the model only its author knows."""
    assert judge_invocation(Answer(status, b"", 0.1)).word is Word.KEPT


@pytest.mark.parametrize("status", [None, 404, 405, 501])
def test_a_route_that_is_not_there_is_broken(status: int | None) -> None:
    """404, 405 and 501 are what servers answer for a path or method they do not know."""
    assert judge_invocation(Answer(status, b"", 0.1)).word is Word.BROKEN


@pytest.mark.parametrize(
    ("code", "seconds", "word"),
    [
        (0, 1.0, Word.KEPT),
        (143, 1.0, Word.KEPT),  # 128 + SIGTERM
        (137, 1.0, Word.BROKEN),
        (1, 1.0, Word.BROKEN),
        (None, 31.0, Word.BROKEN),
        (0, 30.5, Word.BROKEN),
    ],
)
def test_a_stop_is_kept_where_the_signal_ended_it_in_time(code: int | None, seconds: float, word: Word) -> None:
    """Thirty seconds after SIGTERM the platform kills."""
    assert judge_stop(code, seconds).word is word
