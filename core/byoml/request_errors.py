"""What can go wrong with one request: the branch of the exception tree that becomes an HTTP answer.

The class name is the `type` of the JSON error, `status` its code (contract/inference 1.5).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from byoml.errors import ByomlError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = [
    "BadParameter",
    "HTTPError",
    "HandlerFailed",
    "MalformedPayload",
    "MethodNotAllowed",
    "ModelAlreadyLoaded",
    "ModelFolderMissing",
    "ModelLoadFailed",
    "ModelNotLoaded",
    "ModelNotReady",
    "ModelUnnamed",
    "NotAcceptable",
    "NotFound",
    "OutOfMemory",
    "Overloaded",
    "PayloadTooLarge",
    "PredictionTimeout",
    "RequestError",
    "SessionFailed",
    "SessionNotFound",
    "UnsupportedContentType",
]


_AGAIN = MappingProxyType({"Retry-After": "1"})


class RequestError(ByomlError):
    """One request cannot be answered as asked.

    User code may raise any of these; the server turns it into the status and JSON body.
    """

    status: int = 500
    type: ClassVar[str]
    headers: Mapping[str, str] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        if "type" not in vars(cls):
            cls.type = cls.__name__


class HTTPError(RequestError):
    """What user code raises to answer with a status of its own.

    Args:
        status: 400 to 599.
        message: What the client is told.
        headers: More headers of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        if status not in range(400, 600):
            raise SettingError("the status of HTTPError", status, "a number from 400 to 599")
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class MalformedPayload(RequestError):
    """The body is not what its content type promises.

    Args:
        content_type: What the request said it sends.
        reason: What is wrong with the body.
        row: One-based row or line, 0 where there is none.
        column: One-based column, 0 where there is none.
    """

    status = 400

    def __init__(self, content_type: str, reason: str, row: int = 0, column: int = 0) -> None:
        place = f" at row {row}" + (f", column {column}" if column else "") if row else ""
        super().__init__(f"the body is not valid {content_type}{place}: {reason}")


class SessionNotFound(RequestError):
    """The session is unknown, closed or expired (contract/inference S-5)."""

    status = 400
    type = "MalformedPayload"

    def __init__(self, session_id: str) -> None:
        super().__init__(f"session not found: {session_id[:256]!r}; begin one with the session id NEW_SESSION")


class SessionFailed(RequestError):
    """A session can be neither begun nor closed (contract/inference S-5)."""

    status = 424
    type = "FailedDependency"

    def __init__(self, doing: str, cause: OSError) -> None:
        super().__init__(f"{doing} failed: {cause.strerror or cause}; its folder is below SAGEMAKER_SESSIONS_PATH")


class BadParameter(RequestError):
    """A part of the request beside its body has a value that is not allowed."""

    status = 400
    type = "MalformedPayload"

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name} is {value!r}; it must be {allowed}")


class NotFound(RequestError):
    status = 404

    def __init__(self, path: str, paths: Iterable[str]) -> None:
        super().__init__(f"no route {path}; there are {', '.join(paths)}")


class ModelNotLoaded(RequestError):
    status = 404
    type = "NotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"model {name!r} is not loaded; POST /models loads it, GET /models lists what is")


class ModelUnnamed(RequestError):
    """An invocation of a multi-model endpoint does not say which model it is for."""

    status = 404
    type = "NotFound"

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            "which model? POST /models/NAME/invoke asks one, and so does the header X-Amzn-SageMaker-Target-Model; "
            f"loaded: {', '.join(names) or 'none'}"
        )


class ModelFolderMissing(RequestError):
    """A model is to be loaded from where none can be."""

    status = 404
    type = "NotFound"

    def __init__(self, url: str, base: Path) -> None:
        super().__init__(f"url {url!r} is no folder below {base}; a model lies in {base}/models/NAME/model")


class MethodNotAllowed(RequestError):
    status = 405

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        listed = ", ".join(allowed)
        super().__init__(f"{path} does not take {method}; it takes {listed}")
        self.headers = {"Allow": listed}


class NotAcceptable(RequestError):
    status = 406

    def __init__(self, accept: str, possible: Iterable[str], reason: str = "") -> None:
        why = f" ({reason})" if reason else ""
        super().__init__(f"cannot answer as {accept!r}{why}; possible: {', '.join(possible)}")


class ModelAlreadyLoaded(RequestError):
    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(f"model {name!r} is loaded already; DELETE /models/{name} unloads it")


class PayloadTooLarge(RequestError):
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than the limit of {limit} bytes; BYOML_MAX_BODY_MB raises it")


class UnsupportedContentType(RequestError):
    status = 415

    def __init__(self, content_type: str, possible: Iterable[str]) -> None:
        super().__init__(f"cannot read {content_type!r}; possible content types: {', '.join(possible)}")


class HandlerFailed(RequestError):
    """A function of the user or the framework raised."""

    status = 500
    type = "UserCodeError"

    def __init__(self, function: str, cause: BaseException) -> None:
        super().__init__(f"{function} failed with {type(cause).__name__}: {cause}")


class ModelLoadFailed(RequestError):
    """One model of many cannot be loaded; the others go on."""

    status = 500
    type = "UserCodeError"

    def __init__(self, name: str, cause: BaseException) -> None:
        super().__init__(f"model {name!r} cannot be loaded: {type(cause).__name__}: {cause}")


class ModelNotReady(RequestError):
    status = 503
    headers = _AGAIN

    def __init__(self) -> None:
        super().__init__("the model is still being loaded; /ping answers 200 once it can predict")


class Overloaded(RequestError):
    status = 503
    headers = _AGAIN

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} requests are waiting already; BYOML_QUEUE_LIMIT sets how many may wait")


class PredictionTimeout(RequestError):
    status = 504

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s; SAGEMAKER_MODEL_SERVER_TIMEOUT sets how long a request may take"
        )


class OutOfMemory(RequestError):
    status = 507

    def __init__(self, doing: str) -> None:
        super().__init__(f"out of memory while {doing}")
