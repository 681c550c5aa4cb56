"""Every case of cases/serve*.json, as requests to the console script ``serve``: one server a script."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from blackbox import Case, case_files, wait_until
from serve_process import Answer, Server, serving, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEVER_SECONDS = 20


def _with_script_text() -> list[Case]:
    return [
        {**case, "script": content["scripts"][case["script"]]}
        for content in case_files("serve").values()
        for case in content["cases"]
    ]


_ALL = _with_script_text()
_ANSWERED = [case for case in _ALL if "ping_never" not in case["expect"]]
_REFUSED = [case for case in _ALL if "ping_never" in case["expect"]]


# Its parameter has the module's scope (see parametrize below), so cases of one script share one server.
@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the case's script that answers /ping with 200; stopped by SIGTERM it must exit 0."""
    with serving({"inference.py": request.param}, tmp_path_factory.mktemp("serve")) as running:
        yield running
    assert running.process.returncode == 0, running.told()


def body_bytes(body: Any) -> bytes | None:
    """Make the bytes of a request: text as UTF-8, or an array in npy form."""
    if not isinstance(body, dict):
        return None if body is None else str(body).encode("utf-8")
    file = io.BytesIO()
    np.save(file, np.array(body["npy"], dtype=body["dtype"]), allow_pickle=True)
    return file.getvalue()


def send(server: Server, request: Case) -> Answer:
    """Send a case's request."""
    wanted = {"Content-Type": request.get("content_type"), "Accept": request.get("accept")}
    headers = {name: value for name, value in wanted.items() if value is not None}
    method, path = request.get("method", "POST"), request.get("path", "/invocations")
    return server.ask(method, path, body_bytes(request.get("body")), headers)


def check_error(expect: Case, answer: Answer) -> None:
    """Hold an error to the one form that errors have."""
    assert answer.content_type == "application/json"
    error = json.loads(answer.body)
    assert error["code"] == answer.status
    assert error["type"] == expect.get("error_type", error["type"])
    assert error["request_id"]
    parts = expect.get("message_contains", [])
    for part in [parts] if isinstance(parts, str) else parts:
        assert part in error["message"]
    assert b"Traceback" not in answer.body


def check_body(expect: Case, answer: Answer) -> None:
    """Hold the body of an answer to what the case expects of it."""
    if "text" in expect:
        assert answer.body.decode("utf-8") == expect["text"]
    if "json" in expect:
        assert json.loads(answer.body) == expect["json"]
    if "json_has" in expect:
        assert json.loads(answer.body).items() >= expect["json_has"].items()
    if "npy" in expect:
        array = np.load(io.BytesIO(answer.body), allow_pickle=False)
        assert array.tolist() == expect["npy"]
        assert str(array.dtype) == expect["dtype"]


@pytest.mark.parametrize(
    ("server", "case"),
    [pytest.param(case["script"], case, id=case["id"]) for case in _ANSWERED],
    indirect=["server"],
    scope="module",
)
def test_serve_keeps_its_case(server: Server, case: Case) -> None:
    """Script, body, content type and accept decide status, content type and body of the answer."""
    expect = case["expect"]

    answer = send(server, case["request"])

    assert answer.status == expect["status"], answer.body
    assert answer.content_type == expect.get("content_type", answer.content_type)
    assert answer.headers.items() >= expect.get("headers", {}).items()
    check_body(expect, answer)
    if answer.status >= 400:
        check_error(expect, answer)


@pytest.mark.parametrize("case", _REFUSED, ids=[case["id"] for case in _REFUSED])
def test_serve_never_gets_ready(case: Case, tmp_path: Path) -> None:
    """A script that fails at load never gets /ping to 200: the process ends with an error and says why on stderr."""
    running = start({"inference.py": case["script"]}, tmp_path)
    pings: list[int | None] = []

    def ended() -> bool:
        pings.append(running.ping())
        return running.process.poll() is not None

    try:
        over = wait_until(ended, _NEVER_SECONDS)
    finally:
        stop(running)

    assert case["expect"]["ping_never"] not in pings
    assert not over or running.process.returncode != 0
    told = running.told()
    assert told.strip()
    assert [part for part in case["expect"].get("stderr_contains", []) if part not in told] == []


def test_no_two_cases_of_serving_share_an_id() -> None:
    """An id names one case, so a row of the coverage map can point at it."""
    ids = [case["id"] for case in _ALL]
    assert sorted(set(ids)) == sorted(ids)
