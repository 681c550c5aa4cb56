"""The API's limits, met before the API is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.check.finding import CheckRequest
from byoml.check.limits import check_limits


def _found(**request: dict[str, str]) -> list[str]:
    return [str(finding) for finding in check_limits(CheckRequest(Path("src"), **request))]  # type: ignore[arg-type]


def test_what_just_fits_is_fine() -> None:
    """100 hyperparameters, one of the longest key and value; the same of variables."""
    most = {f"k{number}": "v" for number in range(99)}
    assert _found(hyperparameters={**most, "k" * 256: "v" * 2500}, env={**most, "_" * 512: "v" * 512}) == []


@pytest.mark.parametrize(
    ("hyperparameters", "text"),
    [
        ({f"k{number}": "" for number in range(101)}, "--hp: error: 101 hyperparameters; a job takes 100"),
        ({"k" * 257: ""}, "the key has 257 characters; the API takes 256"),
        ({"k": "v" * 2501}, "--hp k: error: the value has 2501 characters; the API takes 2500"),
        ({"k": "a\nb"}, "--hp k: error: there is a line break in 'k'"),
    ],
)
def test_a_hyperparameter_that_the_api_refuses_is_an_error(hyperparameters: dict[str, str], text: str) -> None:
    """It says what there is, what there may be, and what to do instead."""
    [error] = _found(hyperparameters=hyperparameters)
    assert text in error


@pytest.mark.parametrize(
    ("env", "text"),
    [
        ({f"k{number}": "" for number in range(101)}, "--env: error: 101 variables; a job takes 100"),
        ({"my-name": ""}, "--env my-name: error: the name must be"),
        ({"1st": ""}, "--env 1st: error: the name must be"),
        ({"k": "v" * 513}, "--env k: error: the value has 513 characters of 512"),
    ],
)
def test_a_variable_that_the_api_refuses_is_an_error(env: dict[str, str], text: str) -> None:
    """Names are shell names; values are shorter than hyperparameters'."""
    [error] = _found(env=env)
    assert text in error


def test_a_finding_says_where_the_hyperparameter_was_said() -> None:
    """A file's line, where it came from a file."""
    request = CheckRequest(Path("src"), hyperparameters={"k": "v" * 2501}, places={"k": "hp.json:3"})
    assert [finding.where for finding in check_limits(request)] == ["hp.json:3"]
