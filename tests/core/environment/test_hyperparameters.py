"""Decoding hyperparameters, and telling the user's from the platform's (contract/training 3.1 and 3.3)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from byoml.environment.hyperparameters import Hyperparameters, decode, plain_text
from hypothesis import given
from hypothesis import strategies as st

_DECODED: list[tuple[str, Any]] = [
    ("1e-3", 0.001),
    ("1.0", 1.0),
    ("-0", 0),
    ("1E400", math.inf),
    ("Infinity", math.inf),
    ("-Infinity", -math.inf),
    ("true", True),
    ("false", False),
    ("null", None),
    ("  7 ", 7),
    ('"7"', "7"),
    ('""', ""),
    ("[1, 2]", [1, 2]),
    ('{"a":1}', {"a": 1}),
    ('{"a":1,"a":2}', {"a": 2}),
    ("12345678901234567890", 12345678901234567890),
]
_UNCHANGED = [
    *("0005", "08", "+5", ".5", "1.", "0x10", "1_000", "nan", "inf", "True", "None", "yes", "", "[1,]", "'a'"),
    *("[1, 'a']", "s3://b/k", "2020-01-01", "²", "\ufeff1", "9" * 5000, "[" * 100_000),
]


@pytest.mark.parametrize(("raw", "value"), _DECODED)
def test_what_is_json_is_decoded_with_its_type(raw: str, value: object) -> None:
    """The left half of the contract's table."""
    decoded = decode(raw)
    assert decoded == value
    assert type(decoded) is type(value)


def test_not_a_number_is_decoded_too() -> None:
    """NaN is no JSON, and is accepted all the same."""
    assert math.isnan(decode("NaN"))


@pytest.mark.parametrize("raw", _UNCHANGED, ids=lambda raw: raw[:12])
def test_what_is_no_json_stays_the_text_that_it_is(raw: str) -> None:
    """The right half of the table: no error, no change."""
    assert decode(raw) == raw


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.lists(st.text())))
def test_a_value_that_is_no_text_is_kept(value: object) -> None:
    """Some files hold real JSON values; and what was sent as JSON comes back."""
    assert decode(value) is value
    assert decode(json.dumps(value)) == value


@given(st.text())
def test_any_text_is_decoded_without_an_error(text: str) -> None:
    """And a text that was sent as JSON comes back, whatever it looks like."""
    decode(text)
    assert decode(json.dumps(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("train.py", "train.py"),
        ('"train.py"', "train.py"),
        ('"\\"a\\""', "a"),
        ('"', '"'),
        ("", None),
        (None, None),
        (7, "7"),
    ],
)
def test_a_reserved_value_loses_all_its_quoting(value: object, text: str | None) -> None:
    """Senders encode reserved keys never, once or twice."""
    assert plain_text(value) == text


def test_keys_are_told_apart_by_who_they_are_for() -> None:
    """Reserved keys go to nobody, other sagemaker_ keys to frameworks, the rest to the program."""
    parts = Hyperparameters.from_raw(
        {
            "sagemaker_program": '"train.py"',
            "_tuning_objective_metric": "validation:auc",
            "default_user_module_name": "x",
            "sagemaker_mpi_enabled": "true",
            "model_dir": "s3://b/m",
            "mp_parameters": "{}",
            "epochs": "3",
        }
    )
    assert parts.user == {"model_dir": "s3://b/m", "mp_parameters": {}, "epochs": 3}
    assert parts.framework == {"sagemaker_mpi_enabled": True}
    assert parts.reserved.keys() == {"sagemaker_program", "_tuning_objective_metric", "default_user_module_name"}
    assert parts.reserved_text("sagemaker_program") == "train.py"
    assert parts.reserved_text("sagemaker_region") is None
