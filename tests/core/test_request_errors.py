"""The errors that become HTTP answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml import request_errors
from byoml.errors import ByomlError
from byoml.request_errors import (
    BadParameter,
    HandlerFailed,
    HTTPError,
    MalformedPayload,
    MethodNotAllowed,
    ModelAlreadyLoaded,
    ModelFolderMissing,
    ModelLoadFailed,
    ModelNotLoaded,
    ModelNotReady,
    ModelUnnamed,
    NotAcceptable,
    NotFound,
    OutOfMemory,
    Overloaded,
    PayloadTooLarge,
    PredictionTimeout,
    RequestError,
    SessionFailed,
    SessionNotFound,
    UnsupportedContentType,
)

_TABLE: list[tuple[RequestError, int, str, list[str]]] = [
    (
        MalformedPayload("text/csv", "no number", 2, 3),
        400,
        "MalformedPayload",
        ["text/csv", "row 2, column 3", "no number"],
    ),
    (BadParameter("limit", "many", "a whole number"), 400, "MalformedPayload", ["limit is 'many'", "a whole number"]),
    (HTTPError(429, "slow down"), 429, "HTTPError", ["slow down"]),
    (
        SessionFailed("closing the session s", OSError(28, "No space left on device")),
        424,
        "FailedDependency",
        ["closing the session s failed", "No space left", "SAGEMAKER_SESSIONS_PATH"],
    ),
    (SessionNotFound("s"), 400, "MalformedPayload", ["session not found: 's'", "NEW_SESSION"]),
    (ModelNotLoaded("m"), 404, "NotFound", ["'m' is not loaded", "POST /models"]),
    (ModelUnnamed(["a", "b"]), 404, "NotFound", ["POST /models/NAME/invoke", "loaded: a, b"]),
    (ModelFolderMissing("/x", Path("/opt/ml")), 404, "NotFound", ["'/x'", "/opt/ml/models/NAME/model"]),
    (ModelAlreadyLoaded("m"), 409, "ModelAlreadyLoaded", ["'m'", "DELETE /models/m"]),
    (ModelLoadFailed("m", KeyError("a")), 500, "UserCodeError", ["'m' cannot be loaded", "KeyError: 'a'"]),
    (NotFound("/x", ["/ping", "/invocations"]), 404, "NotFound", ["/x", "/ping, /invocations"]),
    (MethodNotAllowed("GET", "/invocations", ["POST"]), 405, "MethodNotAllowed", ["GET", "/invocations", "POST"]),
    (NotAcceptable("image/png", ["text/csv"], "why"), 406, "NotAcceptable", ["'image/png'", "(why)", "text/csv"]),
    (PayloadTooLarge(1024), 413, "PayloadTooLarge", ["1024 bytes", "BYOML_MAX_BODY_MB"]),
    (UnsupportedContentType("x/y", ["text/csv"]), 415, "UnsupportedContentType", ["'x/y'", "text/csv"]),
    (HandlerFailed("predict_fn", KeyError("a")), 500, "UserCodeError", ["predict_fn", "KeyError: 'a'"]),
    (ModelNotReady(), 503, "ModelNotReady", ["being loaded"]),
    (Overloaded(7), 503, "Overloaded", ["7 requests", "BYOML_QUEUE_LIMIT"]),
    (PredictionTimeout(1.5), 504, "PredictionTimeout", ["1.5 s", "SAGEMAKER_MODEL_SERVER_TIMEOUT"]),
    (OutOfMemory("predicting"), 507, "OutOfMemory", ["while predicting"]),
]


@pytest.mark.parametrize(("error", "status", "kind", "words"), _TABLE, ids=lambda value: type(value).__name__)
def test_each_has_its_status_its_type_and_its_words(
    error: RequestError, status: int, kind: str, words: list[str]
) -> None:
    """The class is the type of the JSON answer; the message says what was found and what would be right."""
    assert (error.status, error.type) == (status, kind)
    assert [word for word in words if word not in str(error)] == []


def test_the_table_leaves_none_out() -> None:
    """Every public error of the module but the root is in the table above."""
    assert {type(row[0]).__name__ for row in _TABLE} | {"RequestError"} == set(request_errors.__all__)


def test_a_users_own_request_error_is_typed_by_its_class() -> None:
    """A subclass made by user code has its own name as type, and may have any status."""

    class TeapotError(RequestError):
        status = 418

    assert (TeapotError("short and stout").type, TeapotError.status) == ("TeapotError", 418)
    assert isinstance(TeapotError(), ByomlError)


def test_what_passes_by_itself_says_when_to_come_again() -> None:
    """Both 503 errors carry Retry-After; a wrong body does not."""
    assert ModelNotReady.headers == Overloaded.headers == {"Retry-After": "1"}
    assert MalformedPayload.headers == {}


def test_no_place_is_named_where_there_is_none() -> None:
    """Without row and column the message speaks of neither."""
    assert str(MalformedPayload("text/csv", "empty")) == "the body is not valid text/csv: empty"
    assert " at row 4:" in str(MalformedPayload("text/csv", "odd", 4))
