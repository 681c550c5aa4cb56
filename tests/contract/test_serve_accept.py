"""Accept is settled before anything is predicted; the answer has one bare type (contract/inference 1.5 and C-20)."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from serve_process import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COUNTS = """
import pathlib

CALLS = pathlib.Path(__file__).with_name("calls")

def model_fn(model_dir):
    return None

def predict_fn(data, model):
    with CALLS.open("a") as calls:
        calls.write("x")
    return data
"""
_WRITES = _COUNTS + "\ndef output_fn(prediction, accept):\n    return f'told as {accept}'\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accept")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """Its predict_fn leaves a mark for each call."""
    with serving({"inference.py": _COUNTS}, folder) as running:
        yield running


def _calls(folder: Path) -> int:
    marks = folder / "ml/model/code/calls"
    return len(marks.read_text()) if marks.is_file() else 0


def _post(server: Server, accept: str, content_type: str = "application/json", body: bytes = b"[[1, 2]]") -> int:
    return server.ask("POST", "/invocations", body, {"Content-Type": content_type, "Accept": accept}).status


@pytest.mark.parametrize(
    ("status", "accept", "content_type"),
    [
        (406, "image/png", "application/json"),
        (406, "application/xml, text/html;q=0.5", "application/json"),
        (406, "application/json;q=0", "application/json"),
        (406, "image/*", "application/x-nobody-reads"),
        (415, "application/json", "application/x-nobody-reads"),
    ],
)
def test_what_cannot_be_answered_is_never_predicted(
    status: int, accept: str, content_type: str, server: Server, folder: Path
) -> None:
    """A prediction may be dear, and would be thrown away."""
    before = _calls(folder)
    assert _post(server, accept, content_type) == status
    assert _calls(folder) == before
    assert _post(server, "text/csv;q=0.1, image/png") == 200
    assert _calls(folder) == before + 1


def test_406_lists_what_can_be_written(server: Server) -> None:
    """What is only read, such as libsvm, is not among it."""
    answer = server.ask(
        "POST", "/invocations", b"[1]", {"Content-Type": "application/json", "Accept": "application/xml"}
    )
    error = json.loads(answer.body)
    assert (answer.status, error["type"]) == (406, "NotAcceptable")
    assert "application/jsonlines, " in error["message"]
    assert "libsvm" not in error["message"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/csv", "text/csv"),
        ("text/csv, application/json", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json;q=0.5, application/x-npz", "application/x-npz"),
        ("*/*", "application/json"),
    ],
)
def test_the_answer_has_one_type_and_no_parameters(accept: str, content_type: str, server: Server) -> None:
    """Clients and data capture compare it as a text."""
    answer = server.ask("POST", "/invocations", b"[[1, 2]]", {"Content-Type": "application/json", "Accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (200, content_type)


def test_who_takes_anything_gets_the_default(tmp_path: Path) -> None:
    """Browsers and some clients write `*/*` beside what they like best (contract/inference 1.4)."""
    variables = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/x-npy"}
    with serving({"inference.py": _COUNTS}, tmp_path, variables) as running:
        for accept in ({}, *({"Accept": text} for text in ("*/*", "*/*;q=0.8", "text/html, image/*;q=0.9, */*;q=0.8"))):
            headers = {"Content-Type": "application/json", **accept}
            answer = running.ask("POST", "/invocations", b"[[1, 2]]", headers)
            assert (answer.status, answer.headers["content-type"]) == (200, "application/x-npy"), accept


def test_archives_go_both_ways(server: Server) -> None:
    """A body of bytes that no case file could hold."""
    file = io.BytesIO()
    np.savez_compressed(file, np.array([[1.5, np.nan]]))
    headers = {"Content-Type": "application/x-npz", "Accept": "application/x-npz"}
    answer = server.ask("POST", "/invocations", file.getvalue(), headers)
    with np.load(io.BytesIO(answer.body)) as archive:
        np.testing.assert_array_equal(archive["arr_0"], [[1.5, np.nan]])


def test_a_function_of_the_user_answers_whatever_is_asked(tmp_path: Path) -> None:
    """It gets the first concrete type that is wanted, which no codec need know."""
    with serving({"inference.py": _WRITES}, tmp_path) as running:
        for accept, told in [("image/png", "image/png"), ("a/b;q=0.1, c/d; x=y, */*", "c/d")]:
            headers = {"Content-Type": "application/json", "Accept": accept}
            answer = running.ask("POST", "/invocations", b"[1]", headers)
            assert (answer.status, answer.headers["content-type"], answer.body) == (
                200,
                told,
                f"told as {told}".encode(),
            )
