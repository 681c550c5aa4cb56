"""Requests of one line each get together what each gets alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from byoml.codecs import Codecs
from byoml.codecs.csv import CsvCodec
from byoml.codecs.json import JsonCodec
from byoml.plugin.framework import Framework
from byoml.plugin.values import Capabilities, Invocation
from byoml.serving.batch_job import BatchEngine, BatchRules
from byoml.serving.engine import Answer, Engine
from byoml.serving.functions import InferenceFunctions

if TYPE_CHECKING:
    from byoml.plugin.values import Context
    from byoml.request_errors import RequestError

_CODECS = Codecs([("core", JsonCodec()), ("core", CsvCodec())])
_CSV = "text/csv"


class _Sums(Framework):
    """Adds up each row, and keeps which bodies it read."""

    name = "sums"
    capabilities = Capabilities(batchable=True, linewise=True)
    seen: ClassVar[list[bytes]] = []

    def input_fn(self, body: bytes, content_type: str, context: Context) -> Any:
        self.seen.append(body)
        return context.codecs.decode(body, content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        if (data < 0).any():
            raise ValueError("negative")
        return data.sum(axis=1)


class _OneLine(_Sums):
    """Writes all predictions on one line."""

    def output_fn(self, prediction: Any, accept: str, context: Context) -> Any:
        return ",".join(map(str, prediction.tolist())) + "\n", accept


class _Telling(_Sums):
    """Sets a header on each answer."""

    def output_fn(self, prediction: Any, accept: str, context: Context) -> Any:
        context.set_header("X-Request", context.request_id)
        return super().output_fn(prediction, accept, context)


def _engine(framework: Framework) -> Engine:
    _Sums.seen.clear()
    return Engine(framework, InferenceFunctions.bind(framework, None, None), _CODECS, None, Path("model"))


def _invocations(*bodies: bytes, content_type: str = _CSV, accept: str = _CSV) -> list[Invocation]:
    return [Invocation(body, content_type, accept, {}, f"r{number}") for number, body in enumerate(bodies)]


def _told(answer: Answer | RequestError) -> object:
    return answer if isinstance(answer, Answer) else (type(answer), str(answer))


def _check_alike(engine: Engine, invocations: list[Invocation]) -> None:
    together = engine.answer(invocations)
    alone = [answer for invocation in invocations for answer in engine.answer([invocation])]
    assert [_told(answer) for answer in together] == [_told(answer) for answer in alone]


def test_lines_are_read_as_one_body() -> None:
    """Plain lines, however each of them ends, reach the framework as one body, and each client gets its own line."""
    answers = _engine(_Sums()).answer(_invocations(b"1.5,2", b"3.0,4\n", b"0.25,1e2\r\n"))

    assert [answer.body for answer in answers if isinstance(answer, Answer)] == [b"3.5\n", b"7.0\n", b"100.25\n"]
    assert _Sums.seen == [b"1.5,2\n3.0,4\n0.25,1e2"]


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"\n",
        b"\r\n",
        b",",
        b"1.0,,2.0",
        b"x,1.0",
        b'"1.0",2.0',
        b"1.0,2.0\n3.0,4.0",
        b"1.0,2.0,3.0",
        b"1.0,2.0\n\n",
        b" 1.0, 2.0",
        b"\t1.0,2.0",
        b"99999999999999999999,1",
        b"-,3",
        b"nan,1.0",
        b"1,2",
        b"1e2,3",
        b"-1.0,2.0",
        b"1.0,2.0\r3.0",
        b"\n1.0,2.0",
        b"1.0.0,2.0",
        b"1-2,3.0",
        b"9007199254740993,1",
        b"\xff,1.0",
        b"1_0.0,2.0",
    ],
)
def test_whatever_stands_beside_them_lines_get_their_own_answers(odd: bytes) -> None:
    """A body of any form beside plain lines gets its own answer or error, and the lines get theirs."""
    engine = _engine(_Sums())

    for plain in (b"1.5,2.5", b"3,4"):
        _check_alike(engine, _invocations(plain, odd, plain))
    _check_alike(engine, _invocations(odd, odd))
    _check_alike(engine, _invocations(odd, b"1.0,2.0\n3.0,4.0", b""))


@pytest.mark.parametrize(
    ("content_type", "accept"),
    [
        ("text/csv; header=present", _CSV),
        ("text/csv; charset=utf-16", _CSV),
        (_CSV, "application/json"),
        (_CSV, "*/*"),
        ("Text/CSV", "text/csv;q=0.5, application/json;q=0.1"),
        (_CSV, "image/png"),
        ("application/json", _CSV),
    ],
)
def test_types_that_say_more_are_minded(content_type: str, accept: str) -> None:
    """Parameters of a type, other types and lists of them mean for lines together what they mean for one alone."""
    invocations = _invocations(b"1.5,2.5", b"3.5,4.5", content_type=content_type, accept=accept)

    _check_alike(_engine(_Sums()), invocations)


@pytest.mark.parametrize("framework", [_OneLine(), _Telling()])
def test_answers_that_are_no_lines_are_made_one_by_one(framework: Framework) -> None:
    """Where the framework does not write a line a row, or says more than lines, each request is answered by itself."""
    _check_alike(_engine(framework), _invocations(b"1.5,2.5", b"3.5,4.5"))


def test_sessions_are_refused_together_as_alone() -> None:
    """A line that names a session gets its error, also between others."""
    plain, _ = _invocations(b"1.5,2.5", b"3.5,4.5")
    named = Invocation(b"3.5,4.5", _CSV, _CSV, {"x-amzn-sagemaker-session-id": "mine"}, "r")

    _check_alike(_engine(_Sums()), [plain, named, plain])


def test_batch_transforms_keep_their_own_ends_and_errors() -> None:
    """The lines of a batch transform end as it asks for, each error in its own answer."""
    framework = _Sums()
    functions = InferenceFunctions.bind(framework, None, None)
    rules = BatchRules(newline=False, by_record=True)
    engine = BatchEngine(rules, framework, functions, _CODECS, None, Path("model"))

    _check_alike(engine, _invocations(b"1.5,2.5", b"-1.0,1.0", b"3.5,4.5"))
