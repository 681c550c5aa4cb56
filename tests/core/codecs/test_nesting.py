"""How deep a JSON text is, told from the text."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from byoml.codecs.nesting import MOST_LEVELS, too_deep
from hypothesis import given
from hypothesis import strategies as st


def _nested(levels: int, inner: str = "1") -> str:
    return "[" * levels + inner + "]" * levels


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        (_nested(MOST_LEVELS), False),
        (_nested(MOST_LEVELS + 1), True),
        ('{"a":' * MOST_LEVELS + "1" + "}" * MOST_LEVELS, False),
        ('{"a":' * (MOST_LEVELS + 1) + "1" + "}" * (MOST_LEVELS + 1), True),
        ('[{"a":' * 51 + "1" + "}]" * 51, True),
        ("[" * 5000, True),
        ("[[],[]," * 200 + "1" + "]" * 200, True),
        (json.dumps([[1, 2]] * 1000), False),
        (json.dumps(["[" * 500]), False),
        (json.dumps(['"' + "[" * 500 + "\\"]), False),
        (_nested(MOST_LEVELS + 1, '"]]]]"'), True),
        ('["]",' * 150 + "1" + ',"["]' * 150, True),
        ("", False),
    ],
)
def test_only_brackets_outside_of_texts_count(text: str, deep: bool) -> None:  # noqa: FBT001  a row of the table
    """Lists and objects alike; what hides brackets in texts hides nothing."""
    assert too_deep(text) is deep


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


_VALUES = st.recursive(
    st.none() | st.integers() | st.text('[]{}"\\,a'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('[]{}"\\a'), inner),
    max_leaves=30,
)


@given(_VALUES, st.integers(MOST_LEVELS - 10, MOST_LEVELS + 2))
def test_the_depth_is_exact_for_any_json(value: Any, more: int) -> None:
    """Whatever stands in its texts."""
    text = "[" * more + json.dumps(value) + "]" * more
    assert too_deep(text) is (more + _depth(value) > MOST_LEVELS)


@pytest.mark.parametrize("text", [_nested(1_000_000), "[[]," * 500_000 + "1" + "]" * 500_000])
def test_a_hostile_body_costs_little(text: str) -> None:
    """It is told after a round or two, not after one for each level."""
    start = time.perf_counter()
    assert too_deep(text)
    assert time.perf_counter() - start < 2
