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


def _logged(form: str, message: str, fields: dict[str, object]) -> str:
    """Log a warning with fields in a process of its own; give what it wrote to stderr."""
    code = (
        "import json, logging, sys; from byoml import log; form, message, fields = map(json.loads, sys.argv[1:]);"
        "log.configure(logging.INFO, form).warning('%s', message, extra={log.FIELDS: fields})"
    )
    arguments = [json.dumps(each) for each in (form, message, fields)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return done.stderr


def test_an_event_is_one_line_of_text_whatever_it_quotes() -> None:
    """Neither a message nor a field that a client chose can make a second line or a second field."""
    line = _logged("text", "no\nroute", {"request_id": "7f", "inference_id": 'a" status=200\nbyoml INFO: all well'})
    assert line.count("\n") == 1
    assert line.startswith("byoml WARNING: no\\nroute request_id=7f inference_id=")
    assert json.loads(line.split("inference_id=")[1]) == 'a" status=200\nbyoml INFO: all well'


def test_an_event_is_one_json_object() -> None:
    """Its fields stand beside time, level, logger and message."""
    line = _logged(" JSON ", "no\nroute", {"status": 404})
    assert line.count("\n") == 1
    event = json.loads(line)
    assert (event["level"], event["logger"], event["message"], event["status"]) == (
        "WARNING",
        "byoml",
        "no\nroute",
        404,
    )
    assert event["time"].endswith("+00:00")


def test_a_form_that_there_is_not_is_text() -> None:
    """A log's form never ends a job."""
    assert _logged("xml", "hello", {}) == "byoml WARNING: hello\n"
