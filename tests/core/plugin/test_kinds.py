"""Kinds of hyperparameter values: each reads what it allows, from JSON values and from text."""

from __future__ import annotations

from typing import Any

import pytest
from byoml.plugin.kinds import Choice, Listed, Number, Truth, Whole


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        (Whole(1, 3), "3", 3),
        (Whole(1), 10**12, 10**12),
        (Number("(0, 1]"), "1", 1.0),
        (Number("[0, inf)"), 0, 0.0),
        (Choice(("auto", "cpu")), "cpu", "cpu"),
        (Truth(), "False", False),
        (Truth(), 1, True),
        (Listed(("error", "auc"), threshold=("error",)), "auc, error@0.7", ["auc", "error@0.7"]),
        (Listed(("a", "b")), ["b"], ["b"]),
    ],
)
def test_a_value_that_is_allowed_is_read(kind: Any, given: object, read: object) -> None:
    """Text and JSON values mean the same."""
    assert kind.read(given) == read


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Whole(1, 3), 4),
        (Whole(1), 1.5),
        (Whole(0), True),
        (Number("(0, 1]"), 0),
        (Number("[0, inf)"), "inf"),
        (Number("[0, 1]"), "nan"),
        (Choice(("auto",)), "Auto"),
        (Truth(), "yes"),
        (Listed(("error", "auc"), threshold=("error",)), "auc@0.5"),
        (Listed(("error",), threshold=("error",)), "error@much"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(kind: Any, given: object) -> None:
    """The table's reader makes an error of it that says what is allowed."""
    with pytest.raises(ValueError):  # noqa: PT011  the reader words the message
        kind.read(given)


def test_every_kind_says_in_words_what_it_allows() -> None:
    """The words follow "it must be"."""
    assert Whole(1, 3).allowed == "a whole number from 1 to 3"
    assert Whole(2).allowed == "a whole number of at least 2"
    assert Number("(0, 1]").allowed == "a number in (0, 1]"
    assert Choice(("a", "b")).allowed == "one of a, b"
    assert Listed(("a", "b"), threshold=("b",)).allowed == "a comma list of a, b (or b@t)"
