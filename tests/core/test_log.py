"""Log levels, and secrets that must not be logged."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest
from byoml.log import MASK, level_number, redact, redact_all, redacted
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("said", "level"),
    [
        (20, 20),
        ("10", 10),
        ('"30"', 30),
        ("INFO", 20),
        ("warning", 30),
        (" 'Error' ", 40),
        (None, 20),
        ("loud", 20),
        ("", 20),
    ],
)
def test_a_level_is_read_in_every_form_that_senders_use(said: object, level: int) -> None:
    """Numbers, names and either in quotes are levels; anything else is the default."""
    assert level_number(said) == level


@given(st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.floats()))
def test_no_level_ends_a_job(said: object) -> None:
    """Whatever stands there, a number comes out."""
    assert isinstance(level_number(said), int)


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "password",
        "passwd",
        "api_key",
        "apikey",
        "HF_TOKEN",
        "private",
        "creds",
        "CREDENTIALS",
        "key",
    ],
)
def test_a_secret_is_masked_whole_by_its_name(name: str) -> None:
    """The words that the platform masks are masked here too."""
    assert redact(name, "hunter2") == MASK


@pytest.mark.parametrize("name", ["monkey", "keyboard", "epochs", "SM_HOSTS"])
def test_a_name_that_only_looks_like_one_is_not_masked(name: str) -> None:
    """`key` inside another word is no key."""
    assert redact(name, "7") == "7"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://me:pw@host/simple", f"https://{MASK}@host/simple"),
        ("https://:pw@host", f"https://{MASK}@host"),
        ("https://me:p@ss@host/a@b", f"https://{MASK}@host/a@b"),
        ("id AKIAABCDEFGHIJKLMNOP.", f"id {MASK}."),
        ("https://host:8080/x", "https://host:8080/x"),
        ("s3://bucket/key", "s3://bucket/key"),
    ],
)
def test_a_secret_inside_a_harmless_value_is_masked(value: str, shown: str) -> None:
    """Passwords in URLs and access keys go, the rest stays readable."""
    assert redact("url", value) == shown


def test_a_mapping_is_masked_by_its_names() -> None:
    """Each value is judged by its own name, and shown as text."""
    assert redacted({"token": "abc", "epochs": 3}) == {"token": MASK, "epochs": "3"}


def test_our_lines_go_to_stderr_once_and_from_the_level_on() -> None:
    """Configured twice, a line still comes once; stdout stays the user's."""
    code = (
        "import logging; from byoml import log; log.configure(logging.DEBUG); logger = log.configure(logging.INFO);"
        "logger.getChild('x').info('seen'); logger.debug('unseen')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "byoml INFO: seen\n")


def test_importing_the_module_configures_nothing() -> None:
    """Handlers come with `configure` alone."""
    code = "import logging, byoml.log; print(logging.getLogger('byoml').handlers, logging.getLogger().handlers)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"
    assert logging.getLogger("byoml.nobody").handlers == []


def test_secrets_inside_of_values_are_masked() -> None:
    """In objects, in lists, in texts that are JSON, and after or within an argument."""
    values = {
        "db": {"user": "me", "password": "hunter2"},
        "all": [{"token": "hunter2"}, "--api-key", "hunter2", "--secret=hunter2", "plain"],
        "SM_HPS": '{"api_token":"hunter2","lr":0.1}',
        "broken": '{"lr": 0.1',
        "n": None,
    }
    assert redact_all(values) == {
        "db": {"user": "me", "password": MASK},
        "all": [{"token": MASK}, "--api-key", MASK, f"--secret={MASK}", "plain"],
        "SM_HPS": json.dumps({"api_token": MASK, "lr": 0.1}),
        "broken": '{"lr": 0.1',
        "n": None,
    }
