"""From invocation to answer, without a server."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from byoml.codecs import Codecs
from byoml.codecs.csv import CsvCodec
from byoml.codecs.json import JsonCodec
from byoml.plugin.framework import Framework
from byoml.plugin.values import Capabilities, Invocation
from byoml.request_errors import HandlerFailed, MalformedPayload, NotAcceptable, RequestError, UnsupportedContentType
from byoml.serving.engine import Answer, Engine
from byoml.serving.functions import InferenceFunctions

if TYPE_CHECKING:
    from collections.abc import Callable

    from byoml.plugin.values import Context

_CODECS = Codecs([("core", JsonCodec()), ("core", CsvCodec())])


class _Sums(Framework):
    """Adds up each row, and keeps how many rows it saw at once."""

    name = "sums"
    capabilities = Capabilities(batchable=True)
    seen: ClassVar[list[int]] = []

    def predict_fn(self, data: Any, model: Any) -> Any:
        self.seen.append(len(data))
        if (data < 0).any():
            raise ValueError("negative")
        return data.sum(axis=1)


def _engine(**functions: Callable[..., Any]) -> Engine:
    _Sums.seen.clear()
    module = ModuleType("inference")
    for name, function in functions.items():
        setattr(module, name, function)
    bound = InferenceFunctions.bind(_Sums(), module, Path("inference.py"))
    return Engine(_Sums(), bound, _CODECS, None, Path("model"))


def _invocation(body: bytes, content_type: str = "text/csv", accept: str = "text/csv") -> Invocation:
    return Invocation(body, content_type, accept, {}, "r")


def _body(answer: Answer | RequestError) -> bytes:
    assert isinstance(answer, Answer), answer
    assert isinstance(answer.body, bytes)
    return answer.body


def test_requests_that_wait_together_are_predicted_together() -> None:
    """One call of predict_fn for all rows; each request gets its own back, in its own type."""
    answers = _engine().answer(
        [_invocation(b"1,2\n3,4\n"), _invocation(b"[[5, 6]]", "application/json", "application/json")]
    )
    assert _Sums.seen == [3]
    assert [_body(answer) for answer in answers] == [b"3\n7\n", b"[11]"]


def test_requests_that_ask_for_another_form_are_predicted_apart() -> None:
    """predict_fn gets one context: what an Accept header's parameters ask for must hold for the whole batch."""
    plain, asking = _invocation(b"1,2\n"), _invocation(b"3,4\n", accept="text/csv; method=sum")

    answers = _engine().answer([plain, asking, plain, asking])

    assert _Sums.seen == [2, 2]
    assert [_body(answer) for answer in answers] == [b"3\n", b"7\n", b"3\n", b"7\n"]


def test_a_model_that_may_not_is_never_given_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The framework can batch, and says that this model cannot."""
    monkeypatch.setattr(_Sums, "may_batch", lambda _framework, model: model is not None)

    _engine().answer([_invocation(b"1,2\n"), _invocation(b"3,4\n")])

    assert _Sums.seen == [1, 1]


def test_a_request_that_fails_fails_alone() -> None:
    """The batch is tried again one by one, so that the good requests do not pay for the bad."""
    good, bad, again = _engine().answer([_invocation(b"1,2\n"), _invocation(b"-1,2\n"), _invocation(b"3,4\n")])
    assert (_body(good), _body(again)) == (b"3\n", b"7\n")
    assert isinstance(bad, HandlerFailed)
    assert str(bad) == "predict_fn failed with ValueError: negative"


@pytest.mark.parametrize(
    ("invocation", "error"),
    [
        (_invocation(b"1,2\n3\n"), MalformedPayload),
        (_invocation(b"1", "application/x-unheard-of"), UnsupportedContentType),
        (_invocation(b"1", accept="image/x-unheard-of"), NotAcceptable),
    ],
)
def test_what_the_client_got_wrong_is_told_before_anything_is_predicted(
    invocation: Invocation, error: type[RequestError]
) -> None:
    """Body, content type and accept are looked at first (contract/inference 1.5)."""
    (answer,) = _engine().answer([invocation])
    assert isinstance(answer, error)
    assert _Sums.seen == []


def test_a_user_s_input_fn_gets_text_for_json_and_csv_and_bytes_else() -> None:
    """The rule of AWS's toolkits, also with parameters on the type (contract/inference C-2)."""
    kinds: list[type] = []

    def input_fn(body: Any, _content_type: str) -> Any:
        kinds.append(type(body))
        return np.zeros((1, 1))

    engine = _engine(input_fn=input_fn)
    engine.answer([_invocation(b"1", kind) for kind in ("text/csv; charset=latin-1", "application/json", "image/png")])
    assert kinds == [str, str, bytes]


def test_a_user_s_output_fn_gets_the_first_concrete_accept() -> None:
    """Whatever it is: only the function knows what it can write (design section 6)."""
    engine = _engine(output_fn=lambda _prediction, accept: accept)
    (answer,) = engine.answer([_invocation(b"1", accept="image/*, application/x-mine;q=0.5, */*;q=0.1")])
    assert _body(answer) == b"application/x-mine"
    assert isinstance(answer, Answer)
    assert answer.content_type == "application/x-mine"


def test_a_tuple_of_body_and_type_sets_the_type() -> None:
    """As both families of AWS's toolkits have it (contract/inference F-4)."""
    (answer,) = _engine(output_fn=lambda _prediction, _accept: ("<p>", "text/html")).answer([_invocation(b"1")])
    assert isinstance(answer, Answer)
    assert (answer.body, answer.content_type) == (b"<p>", "text/html")


def test_functions_set_status_and_headers_through_the_context() -> None:
    """A handler can answer what HTTP it likes (contract/inference H-30)."""

    def output_fn(_prediction: Any, _accept: str, context: Any) -> str:
        context.set_status(202)
        context.set_header("X-Mine", "1")
        return "later"

    (answer,) = _engine(output_fn=output_fn).answer([_invocation(b"1")])
    assert isinstance(answer, Answer)
    assert (answer.status, dict(answer.headers)) == (202, {"X-Mine": "1"})


def test_a_user_s_functions_are_never_given_batches() -> None:
    """They were written for one request at a time."""
    sizes: list[int] = []

    def predict_fn(data: Any, _model: Any) -> Any:
        sizes.append(len(data))
        return data

    _engine(predict_fn=predict_fn).answer([_invocation(b"1\n"), _invocation(b"2\n")])
    assert sizes == [1, 1]


def test_functions_are_told_of_model_variables_and_whose_functions_stand_beside_them() -> None:
    """A framework's input_fn may read a body as the model wants it, and as the user's predict_fn does."""
    told = []

    def output_fn(prediction: Any, accept: str, context: Context) -> bytes:
        told.append(context)
        return f"{prediction} as {accept}".encode()

    module = ModuleType("inference")
    vars(module)["output_fn"] = output_fn
    bound = InferenceFunctions.bind(_Sums(), module, Path("inference.py"))
    engine = Engine(_Sums(), bound, _CODECS, "the model", Path("model"))
    engine.environ = {"A": "1"}
    engine.answer([_invocation(b"1,2\n")])
    (context,) = told
    assert (context.model, context.environ) == ("the model", {"A": "1"})
    assert context.users == frozenset({"output_fn"})
