"""Hyperparameters as arguments (contract/training 3.4)."""

from __future__ import annotations

import argparse
import math
from typing import Any

import pytest
from byoml.environment.cmd_args import to_cmd_args
from byoml.errors import SettingError
from hypothesis import given
from hypothesis import strategies as st

_GOLDEN = {"Z": "s p", "lr": 0.001, "n": 5, "x": True, "none": None, "l": [1, "a"], "d": {"b": 2, "a": None}}


def test_the_toolkits_golden_example_comes_out_to_the_letter() -> None:
    """Sorted by code point, one dash for one letter, one value each, as Python writes it."""
    assert to_cmd_args(_GOLDEN) == [
        *("-Z", "s p", "-d", "a=None,b=2", "-l", "[1, 'a']", "--lr", "0.001", "-n", "5", "--none", "", "-x", "True")
    ]


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        (1e-7, "1e-07"),
        (math.nan, "nan"),
        (False, "False"),
        ([1, "a", True], "[1, 'a', True]"),
        ({}, ""),
        ("", ""),
        ("-v", "-v"),
    ],
)
def test_a_value_is_one_argument_as_the_toolkit_writes_it(value: object, argument: str) -> None:
    """Nothing is left out, nothing is quoted."""
    assert to_cmd_args({"key": value}) == ["--key", argument]


def test_an_empty_key_is_an_empty_argument() -> None:
    """As the toolkit has it."""
    assert to_cmd_args({"": 1}) == ["", "1"]


def test_the_flags_policy_is_what_argparse_likes() -> None:
    """True is a bare flag, False and None are left out, lists are repeated values."""
    values = {"deep": True, "wide": False, "none": None, "sizes": [3, "x"], "lr": 0.1, "map": {"a": [1]}}
    assert to_cmd_args(values, "flags") == ["--deep", "--lr", "0.1", "--map", '{"a": [1]}', "--sizes", "3", "x"]


def test_the_json_policy_writes_all_but_texts_as_json() -> None:
    """So `json.loads` reads each."""
    values = {"a": True, "b": None, "c": [1, "a"], "d": "text", "e": {"k": 1}}
    assert to_cmd_args(values, "json") == ["-a", "true", "-b", "null", "-c", '[1, "a"]', "-d", "text", "-e", '{"k": 1}']


def test_an_unknown_policy_names_the_three() -> None:
    """The variable is named too."""
    with pytest.raises(SettingError, match="BYOML_CLI_POLICY is 'argparse'; it must be toolkit, flags or json"):
        to_cmd_args({}, "argparse")


# What the system can pass; the rest is left out, as the test after the next says.
_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
    max_leaves=5,
)


@given(st.dictionaries(_TEXT, _JSON))
def test_the_toolkit_rule_gives_one_name_and_one_value_each(values: dict[str, Any]) -> None:
    """Whatever the hyperparameters: texts only, keys in code point order."""
    args = to_cmd_args(values)
    assert len(args) == 2 * len(values)
    assert all(isinstance(arg, str) for arg in args)
    assert [name.lstrip("-") for name in args[::2]] == [key.lstrip("-") for key in sorted(values)]


def test_argparse_reads_what_the_toolkit_rule_writes() -> None:
    """The commonest script of all gets its values."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--name")
    read = parser.parse_args(to_cmd_args({"epochs": 3, "name": "a b; c"}))
    assert (read.epochs, read.name) == (3, "a b; c")


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_argument_can_be_is_left_out(text: str) -> None:
    """NUL and half characters would end the job before the program starts; SM_HPS still has them."""
    assert to_cmd_args({"a": text, text: 1, "z": 2}) == ["-z", "2"]
