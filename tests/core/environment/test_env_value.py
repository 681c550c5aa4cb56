"""How values become variables."""

from __future__ import annotations

import logging
import math

import pytest
from byoml.environment.env_value import to_env_value, to_variables


def test_a_groups_names_follow_its_prefix_in_upper_case() -> None:
    """A name that no shell takes stands as it is, and once more with underscores."""
    assert to_variables({"SM_X": [1]}, {"SM_IN_": {"my-in.1": "a"}}) == {
        "SM_X": "[1]",
        "SM_IN_MY-IN.1": "a",
        "SM_IN_MY_IN_1": "a",
    }


def test_an_alias_never_hides_a_name() -> None:
    """Of `a-b` and `a_b`, the second is what `SM_IN_A_B` means."""
    assert to_variables({}, {"SM_IN_": {"a_b": "exact", "a-b": "other"}})["SM_IN_A_B"] == "exact"


def test_what_cannot_be_a_variable_is_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """No process can be started with it; the others are kept."""
    logger = logging.getLogger("byoml")
    propagates, logger.propagate = logger.propagate, True
    try:
        assert to_variables({}, {"SM_HP_": {"a=b": "1", "c": "\0", "d": "2"}}) == {"SM_HP_D": "2"}
    finally:
        logger.propagate = propagates
    assert "SM_HP_A=B" in caplog.text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (1e-07, "1e-07"),
        (1e16, "1e+16"),
        (math.nan, "NaN"),
        (["é"], '["\\u00e9"]'),
        ("é s", "é s"),
        ("", ""),
        ({"b": 2, "a": None}, '{"a":null,"b":2}'),
    ],
)
def test_a_value_is_written_by_the_contracts_rule(value: object, text: str) -> None:
    """Contract/training 2.3."""
    assert to_env_value(value) == text
