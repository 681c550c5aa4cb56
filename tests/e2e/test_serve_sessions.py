"""Stateful sessions over several workers (contract/inference S-4 to S-6)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from byoml.testing.container import Answer, Endpoint

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


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Endpoint, Path]]:
    """Two workers, and the folder of their sessions; each test begins sessions of its own."""
    container = Container(tmp_path_factory.mktemp("sessions"))
    container.write({"model/code/inference.py": _SCRIPT})
    folder = container.path("sessions")
    variables = {"SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true", "SAGEMAKER_SESSIONS_PATH": str(folder)}
    workers = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2", "BYOML_FRAMEWORK": "none"}
    with container.serve(env={**variables, **workers}) as running:
        yield running, folder


@pytest.fixture
def endpoint(serving: tuple[Endpoint, Path]) -> Endpoint:
    return serving[0]


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


def test_a_closed_session_is_gone_and_so_is_its_folder(serving: tuple[Endpoint, Path]) -> None:
    """The answer names the session that is closed; a later request of it is 400."""
    endpoint, folder = serving
    session = _begin(endpoint)
    assert (folder / session).is_dir()
    closed = _ask(endpoint, session, '{"requestType": "CLOSE"}')
    assert closed.headers["x-amzn-sagemaker-closed-session-id"] == session
    assert not [path for path in folder.iterdir() if session in path.name]
    again = _ask(endpoint, session)
    assert again.status == 400
    assert "session not found" in again.json()["message"]


@pytest.mark.parametrize("session", ["unknown", "..", "a/b", "../../etc", "x" * 300])
def test_an_unknown_session_is_400_and_never_a_path(endpoint: Endpoint, session: str) -> None:
    """An id is only ever a name below the folder (S-6)."""
    assert _ask(endpoint, session).status == 400


@pytest.mark.parametrize(
    ("session", "body", "status"),
    [
        ("NEW_SESSION", '{"requestType": "NEW_SESSION", "more": 1}', 400),
        ("NEW_SESSION", '{"requestType": "OPEN"}', 400),
        ("NEW_SESSION", '{"requestType": ["NEW_SESSION"]}', 400),
        ("NEW_SESSION", '{"requestType": "CLOSE"}', 400),
        ("mine", '{"requestType": "NEW_SESSION"}', 400),
        (None, '{"requestType": "CLOSE"}', 400),
        (None, '{"requestType": "NEW_SESSION"}', 200),
        (None, '{"requestType": "NEW_SESSION", "more": 1}', 200),
        ("NEW_SESSION", '{"data": "requestType"}', 200),
        ("NEW_SESSION", '["requestType", ' + "[" * 4000, 200),
    ],
)
def test_a_command_stands_alone_and_fits_its_header(
    endpoint: Endpoint, session: str | None, body: str, status: int
) -> None:
    """What is nearly a command is 400; what is none is for the model (S-5)."""
    answer = _ask(endpoint, session, body)
    assert answer.status == status
    assert status == 200 or answer.json()["type"] == "MalformedPayload"


def test_a_session_that_cannot_be_begun_or_closed_is_424(container: Container) -> None:
    """Neither the client nor the model is to blame, but what the server keeps sessions in (S-5)."""
    container.write({"model/code/inference.py": _SCRIPT, "file": ""})
    folder, elsewhere = container.path("file"), container.path("elsewhere")
    variables = {"SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true", "SAGEMAKER_SESSIONS_PATH": str(folder)}
    with container.serve(env={**variables, "BYOML_FRAMEWORK": "none"}) as endpoint:
        refused = _ask(endpoint, "NEW_SESSION", '{"requestType": "NEW_SESSION"}')
        assert (refused.status, refused.json()["type"]) == (424, "FailedDependency")
        folder.unlink()
        session = _begin(endpoint)
        (folder / session).rename(elsewhere)
        (folder / session).symlink_to(elsewhere)
        assert _ask(endpoint, session, '{"requestType": "CLOSE"}').status == 424
        assert elsewhere.is_dir()
        assert _ask(endpoint, session).status == 400


def test_where_sessions_are_off_a_request_of_one_is_400(container: Container) -> None:
    """Unless a function of the user's may see to it; a command is never taken for data (S-5)."""
    command = '{"requestType": "NEW_SESSION"}'
    variables = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    loads = "def model_fn(model_dir):\n    return None\n"
    predicts = loads + "def predict_fn(data, model, context):\n    return [context.session_id]\n"
    reads = loads + "def transform_fn(model, body, content_type, accept):\n    return body\n"
    for script, with_data, with_command in ((predicts, 200, 400), (reads, 200, 200)):
        container.write({"model/code/inference.py": script})
        with container.serve(env=variables) as endpoint:
            assert _ask(endpoint, "NEW_SESSION", "[1]").status == with_data
            answer = _ask(endpoint, "NEW_SESSION", command)
            assert answer.status == with_command
            assert "SAGEMAKER_ENABLE_STATEFUL_SESSIONS" in answer.text or with_command == 200


def test_without_a_session_header_nothing_changes(endpoint: Endpoint) -> None:
    """Sessions cost those nothing who do not use them."""
    assert _ask(endpoint, None).text.startswith("none ")


def test_an_expired_session_is_gone_and_so_is_its_folder(container: Container) -> None:
    """Clients that never close do not fill the memory, also where nobody begins another; what is no session stays."""
    container.write({"model/code/inference.py": _SCRIPT, "sessions/mine/file": "", "sessions/.closing-mine/file": ""})
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
        assert wait_until(lambda: not (folder / first).exists(), 20)
        assert _ask(endpoint, "mine").status == 400
        assert sorted(path.name for path in folder.iterdir()) == [".closing-mine", "mine"]


def test_no_session_outlives_its_server(container: Container) -> None:
    """Not for the next server on the same port either, which may serve another model (contract/inference L-14)."""
    container.write({"model/code/inference.py": _SCRIPT})
    variables = {"SAGEMAKER_ENABLE_STATEFUL_SESSIONS": "true", "BYOML_FRAMEWORK": "none"}
    with container.serve(env=variables) as endpoint:
        folder = Path("/dev/shm", f"byoml_sessions_{endpoint.port}")  # noqa: S108  where they are by default
        session = _begin(endpoint)
        assert (folder / session).is_dir()
    assert not folder.exists()
