"""Options of pip that become variables."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from byoml.errors import SettingError
from byoml.source.pip_args import pip_variables


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("--index-url=https://a:b@host/simple", {"PIP_INDEX_URL": "https://a:b@host/simple"}),
        ("-i https://host/simple -U", {"PIP_INDEX_URL": "https://host/simple", "PIP_UPGRADE": "1"}),
        ("--no-deps --timeout 5", {"PIP_NO_DEPS": "1", "PIP_TIMEOUT": "5"}),
        ("--find-links '/a b' --find-links /c", {"PIP_FIND_LINKS": "/a b /c"}),
        ("--no-build-isolation", {"PIP_NO_BUILD_ISOLATION": "0"}),
    ],
)
def test_options_become_the_variables_that_pip_reads(text: str, variables: dict[str, str]) -> None:
    """Long ones and the usual short ones, with `=` or a space."""
    assert pip_variables("X", text) == variables


@pytest.mark.parametrize("text", ["a-package", "--no-deps=1 a-package", "-z", "--Odd", "'", "-"])
def test_what_is_no_option_is_named(text: str) -> None:
    """It would be passed over in silence."""
    with pytest.raises(SettingError, match=r"STANDARD_PIP_ARGS is .*; it must be options of `pip install`"):
        pip_variables("STANDARD_PIP_ARGS", text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("--no-deps", "ignore_dependencies=True"),
        ("--no-build-isolation", "build_isolation=False"),
        ("--no-compile", "compile=False"),
    ],
)
def test_pip_takes_the_variables_for_the_options(text: str, told: str) -> None:
    """Its own parser says what it makes of them."""
    asks = (
        "from pip._internal.commands import create_command as make;"
        "values = vars(make('install').parse_args([])[0]);"
        "print(*(f'{name}={bool(value)}' for name, value in values.items()))"
    )
    env = {**os.environ, **pip_variables("X", text)}
    ended = subprocess.run([sys.executable, "-c", asks], env=env, capture_output=True, text=True, check=True)
    assert told in ended.stdout.split()
