"""What a batch transform changes in an engine: lines' ends, and errors in place of bad records."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from byoml.codecs import Codecs
from byoml.codecs.csv import CsvCodec
from byoml.codecs.json import JsonCodec
from byoml.codecs.jsonlines import JsonLinesCodec
from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.environment.serving_env import ServingEnv
from byoml.errors import SettingError
from byoml.plugin.framework import Framework
from byoml.plugin.values import Capabilities, Invocation
from byoml.request_errors import HandlerFailed, MalformedPayload, OutOfMemory, RequestError
from byoml.serving.batch_job import BatchEngine, BatchRules
from byoml.serving.engine import Answer
from byoml.serving.functions import InferenceFunctions

_CODECS = Codecs([("core", JsonCodec()), ("core", CsvCodec()), ("core", JsonLinesCodec())])
_BY_RECORD = BatchRules(by_record=True)


class _Pairs(Framework):
    """Gives each row's sum and product, and refuses negative numbers; 666 takes all memory."""

    name = "pairs"
    capabilities = Capabilities(batchable=True)
    default_accept = "text/csv"
    calls: ClassVar[list[int]] = []

    def predict_fn(self, data: Any, model: Any) -> Any:
        import numpy as np

        self.calls.append(len(data))
        if data.dtype.kind not in "if" or (data < 0).any():
            raise ValueError("negative")
        if (data == 666).any():
            raise MemoryError
        return np.stack([data.sum(axis=1), data.prod(axis=1)], axis=1)


def _answer(
    rules: BatchRules, body: bytes, content_type: str = "text/csv", accept: str = "text/csv", **functions: Any
) -> Answer | RequestError:
    _Pairs.calls.clear()
    module = ModuleType("inference")
    for name, function in functions.items():
        setattr(module, name, function)
    bound = InferenceFunctions.bind(_Pairs(), module, Path("inference.py"))
    engine = BatchEngine(rules, _Pairs(), bound, _CODECS, None, Path("model"))
    (answer,) = engine.answer([Invocation(body, content_type, accept, {}, "r")])
    return answer


def _body(answer: Answer | RequestError) -> bytes:
    assert isinstance(answer, Answer), answer
    assert isinstance(answer.body, bytes)
    return answer.body


@pytest.mark.parametrize(
    ("accept", "line"), [("text/csv", b"3,2\n7,12"), ("application/jsonlines", b"[3, 2]\n[7, 12]")]
)
@pytest.mark.parametrize(("newline", "end"), [(True, b"\n"), (False, b"")])
def test_there_is_one_line_a_record_and_its_end_can_be_switched(
    accept: str, line: bytes, *, newline: bool, end: bytes
) -> None:
    """The last line ends like all others unless it is told not to, for who assembles with newlines."""
    assert _body(_answer(BatchRules(newline), b"1,2\n3,4\n", accept=accept)) == line + end


def test_what_is_no_line_stays_as_it_is() -> None:
    """A JSON document gets no newline."""
    assert _body(_answer(BatchRules(), b"1,2\n", accept="application/json")) == b"[[3, 2]]"


@pytest.mark.parametrize("newline", [True, False])
def test_a_users_own_lines_are_the_users(*, newline: bool) -> None:
    """Bytes that an output_fn or a transform_fn made are passed untouched."""
    rules = BatchRules(newline, by_record=True)
    for text in ("a,b", "a,b\n"):
        assert _body(_answer(rules, b"1,2\n", output_fn=lambda _p, _a, text=text: (text, "text/csv"))) == text.encode()
        made = _answer(rules, b"1,2\n", transform_fn=lambda _m, _d, _c, _a, text=text: (text, "text/csv"))
        assert _body(made) == text.encode()


def test_a_bad_record_has_blank_cells_and_the_others_their_answers() -> None:
    """As many cells as the others have; the first is quoted, as readers of CSV skip blank lines."""
    assert _body(_answer(_BY_RECORD, b"1,2\n-1,2\n3,4\nx,y\n5\n")) == b'3,2\n"",\n7,12\n"",\n5,5\n'


def test_a_bad_record_has_an_error_line_in_json() -> None:
    """With the status, type and message that its request would have had."""
    body = _body(_answer(_BY_RECORD, b"[1, 2]\n{\n[3, 4]\n", "application/jsonlines", "application/jsonlines"))
    first, error, last = (json.loads(line) for line in body.splitlines())
    assert (first, last) == ([3, 2], [7, 12])
    assert (error["error"]["code"], error["error"]["type"]) == (400, "MalformedPayload")
    assert error["error"]["message"].startswith("the body is not valid application/jsonlines")


def test_a_json_answer_to_one_record_can_be_an_error_line() -> None:
    """Several records are one JSON array, in which no error has a place."""
    body = _body(_answer(_BY_RECORD, b"-1,2\n", accept="application/json"))
    assert json.loads(body)["error"]["type"] == "UserCodeError"
    assert isinstance(_answer(_BY_RECORD, b"1,2\n-1,2\n", accept="application/json"), HandlerFailed)


def test_records_that_are_all_bad_have_an_error_each() -> None:
    """One cell each, as there is no answer that would tell how many."""
    assert _body(_answer(_BY_RECORD, b"-1,2\n-1,2\n-1,2")) == b'""\n""\n""\n'


def test_few_bad_records_among_many_cost_few_predictions() -> None:
    """What failed is halved, not tried row by row."""
    body = b"1,2\n" * 700 + b"-1,2\n" + b"1,2\n" * 323
    assert _body(_answer(_BY_RECORD, body)).splitlines()[700] == b'"",'
    assert len(_Pairs.calls) <= 22


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"body": b"1,2\n-1,2\n", "predict_fn": lambda data, model: 1 / 0}, HandlerFailed),  # noqa: ARG005
        ({"body": b"a,b\n1,2\n-1,2\n", "content_type": "text/csv; header=present"}, HandlerFailed),
        ({"body": "1,2\n-1,2\n".encode("utf-16"), "content_type": "text/csv; charset=utf-16"}, HandlerFailed),
        ({"body": b"[[1, 2], [-1, 2]]", "content_type": "application/json"}, HandlerFailed),
        ({"body": b"{", "content_type": "application/json"}, MalformedPayload),
        ({"body": b"1,2\n666,1\n"}, OutOfMemory),
        ({"body": b"1,2\n-1,2\n3,4\n666,1\n"}, OutOfMemory),
    ],
)
def test_where_no_row_is_to_blame_or_rows_cannot_be_told_apart_the_request_fails(
    options: Any, error: type[RequestError]
) -> None:
    """A user's function, a header, other bytes, another form, no memory."""
    assert isinstance(_answer(_BY_RECORD, **options), error)


def test_without_the_switch_a_bad_record_fails_its_request() -> None:
    """As the platform has it."""
    assert isinstance(_answer(BatchRules(), b"1,2\n-1,2\n"), HandlerFailed)


def _rules(**environ: str) -> BatchRules | None:
    return BatchRules.read(ServingEnv(environ, ContainerPaths(Path("/opt/ml")), Accelerators(1, 0)))


def test_the_rules_come_from_variables_in_batch_transforms_alone() -> None:
    """`false` is false; a word that is none of the switch's is an error."""
    assert _rules(BYOML_BATCH_ERRORS="record") is None
    assert _rules(SAGEMAKER_BATCH="false") is None
    assert _rules(SAGEMAKER_BATCH="True") == BatchRules(newline=True, by_record=False)
    both = _rules(SAGEMAKER_BATCH="true", BYOML_BATCH_ERRORS="record", BYOML_BATCH_NEWLINE="false")
    assert both == BatchRules(newline=False, by_record=True)
    with pytest.raises(SettingError, match=r"BYOML_BATCH_ERRORS is 'skip'; it must be fail .* or record"):
        _rules(SAGEMAKER_BATCH="true", BYOML_BATCH_ERRORS="skip")
