"""What an endpoint's container is told (contract/inference 2.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.environment.serving_env import ServingEnv, truth
from byoml.errors import SettingError


def _env(**environ: str) -> ServingEnv:
    return ServingEnv(environ, ContainerPaths(Path("/opt/ml")), Accelerators(1))


def test_everything_has_a_default() -> None:
    """An empty environment is an endpoint on port 8080."""
    env = _env()
    assert (env.port, env.submit_directory, env.log_level, env.default_accept, env.batch) == (
        8080,
        None,
        20,
        None,
        False,
    )


def test_what_is_set_is_read() -> None:
    """The variables of the contract."""
    env = _env(
        SAGEMAKER_BIND_TO_PORT="0",
        SAGEMAKER_SUBMIT_DIRECTORY="/code",
        SAGEMAKER_CONTAINER_LOG_LEVEL="10",
        SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="text/csv",
        SAGEMAKER_BATCH="True",
    )
    assert (env.port, env.submit_directory, env.log_level, env.default_accept, env.batch) == (
        0,
        "/code",
        10,
        "text/csv",
        True,
    )


@pytest.mark.parametrize(
    ("text", "true"),
    [("true", True), ("TRUE ", True), ("1", True), ("yes", True), ("0", False), ("", False), (None, False)],
)
def test_truth_is_read_in_the_usual_words(*, text: str | None, true: bool) -> None:
    """Anything else is false."""
    assert truth(text) is true


@pytest.mark.parametrize(("text", "value"), [("", 5), ("  ", 5), ("7", 7), (" 3 ", 3), ("1", 1)])
def test_a_whole_number_is_read_or_defaults(text: str, value: int) -> None:
    """Blanks around it do not matter; an empty variable says nothing."""
    assert _env(N=text).whole_number("N", 5) == value
    assert _env().whole_number("N", 5) == 5


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "²", "1e3"])
def test_another_thing_is_an_error_that_says_what_would_be_right(text: str) -> None:
    """Named with the variable and what was found."""
    with pytest.raises(SettingError) as caught:
        _env(N=text).whole_number("N", 5)
    assert f"N is {text!r}; it must be a whole number of at least 1" in str(caught.value)


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "inf"])
def test_seconds_are_a_number_above_zero(text: str) -> None:
    """And a part of a second is one."""
    assert _env(N="0.5").number("N", 1.0) == 0.5
    assert _env(N="").number("N", 1.0) == 1.0
    with pytest.raises(SettingError, match="a number above zero"):
        _env(N=text).number("N", 1.0)


def test_reading_keeps_its_own_copy() -> None:
    """What the caller changes later does not change the value."""
    environ = {"SAGEMAKER_BIND_TO_PORT": "9000", "SAGEMAKER_BASE_DIR": "/tree"}
    env = ServingEnv.read(environ)
    environ.clear()
    assert (env.port, env.paths.base) == (9000, Path("/tree"))
