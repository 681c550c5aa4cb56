"""Stateful sessions over several workers (contract/inference S-4 to S-6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from byoml.testing.container import Answer, Container, Endpoint

_SCRIPT = """
import os

def model_fn(model_dir):
    return None

def transform_fn(model, body, content_type, accept, context):
    if context.session is None:
        return f"none {os.getpid()}"
    with context.session.locked() as folder:
        count = folder / "count"
        number = int(count.read_text()) + 1 if count.exists() else 1
        count.write_text(str(number))
    return f"{number} {os.getpid()}"
"""
_SESSION = "X-Amzn-SageMaker-Session-Id"


@pytest.fixture
def endpoint(container: Container) -> Iterator[Endpoint]:
    """Two workers, whose sessions lie in a folder of the test's own."""
    container.write({"model/code/inference.py": _SCRIPT})
    folder = container.path("sessions")
    variables = {"SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true", "SAGEMAKER_SESSIONS_PATH": str(folder)}
    workers = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2", "BYOML_FRAMEWORK": "none"}
    with container.serve(env={**variables, **workers}) as running:
        yield running


def _ask(endpoint: Endpoint, session: str | None, body: str = "x") -> Answer:
    headers: Mapping[str, str] = {} if session is None else {_SESSION: session}
    return endpoint.invoke(body, "application/json", headers=headers)


def _begin(endpoint: Endpoint) -> str:
    answer = _ask(endpoint, "NEW_SESSION", '{"requestType": "NEW_SESSION"}')
    assert answer.status == 200
    said = answer.headers["x-amzn-sagemaker-new-session-id"]
    match = re.fullmatch(r"(\w+); Expires=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said)
    assert match, said
    return match[1]


def test_a_session_holds_its_state_whichever_worker_answers(endpoint: Endpoint) -> None:
    """The platform routes a session to its instance, not to its process (S-4)."""
    session = _begin(endpoint)
    answers = [_ask(endpoint, session).text.split() for _ in range(40)]
    assert [int(number) for number, _ in answers] == list(range(1, 41))
    assert len({pid for _, pid in answers}) == 2


def test_a_first_request_may_begin_the_session_and_be_answered_too(endpoint: Endpoint) -> None:
    """NEW_SESSION with a payload for the model is both."""
    answer = _ask(endpoint, "NEW_SESSION")
    assert answer.text.startswith("1 ")
    session = answer.headers["x-amzn-sagemaker-new-session-id"].split(";")[0]
    assert _ask(endpoint, session).text.startswith("2 ")


def test_a_closed_session_is_gone_and_so_is_its_folder(endpoint: Endpoint, container: Container) -> None:
    """The answer names the session that is closed; a later request of it is 400."""
    session = _begin(endpoint)
    closed = _ask(endpoint, session, '{"requestType": "CLOSE"}')
    assert closed.headers["x-amzn-sagemaker-closed-session-id"] == session
    assert not container.path("sessions", session).exists()
    again = _ask(endpoint, session)
    assert again.status == 400
    assert "session not found" in again.json()["message"]


@pytest.mark.parametrize("session", ["unknown", "..", "a/b", "../../etc", "x" * 300])
def test_an_unknown_session_is_400_and_never_a_path(endpoint: Endpoint, session: str) -> None:
    """An id is only ever a name below the folder (S-6)."""
    assert _ask(endpoint, session).status == 400


def test_without_a_session_header_nothing_changes(endpoint: Endpoint) -> None:
    """Sessions cost those nothing who do not use them."""
    assert _ask(endpoint, None).text.startswith("none ")


def test_an_expired_session_is_gone_with_the_next_that_begins(container: Container) -> None:
    """Clients that never close do not fill the memory."""
    container.write({"model/code/inference.py": _SCRIPT})
    folder = container.path("sessions")
    variables = {
        "SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true",
        "SAGEMAKER_SESSIONS_PATH": str(folder),
        "SAGEMAKER_SESSIONS_EXPIRATION": "0.001",
        "BYOML_FRAMEWORK": "none",
    }
    with container.serve(env=variables) as endpoint:
        first = _begin(endpoint)
        assert _ask(endpoint, first).status == 400
        second = _begin(endpoint)
        assert [path.name for path in folder.iterdir()] == [second]
