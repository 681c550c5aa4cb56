"""One line in the log for each request that fails, with all that finds it again; never what it sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from byoml.log import FIELDS, redact
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.request_errors import RequestError

__all__ = ["log_failure"]

_log = logging.getLogger("byoml.serving")
_HEADERS = {
    "inference_id": "x-amzn-sagemaker-inference-id",
    "model": "x-amzn-sagemaker-target-model",
    "variant": "x-amzn-sagemaker-target-variant",
    "received_bytes": "content-length",
}
_SERVER_ERROR = 500


def log_failure(error: RequestError, path: str, headers: Mapping[str, str], request_id: str, seconds: float) -> None:
    """Write the line: a warning where the client must act, an error with the traceback where we or the user must.

    Args:
        error: What the client was answered.
        path: The request's path.
        headers: Its headers, names in lower case.
        request_id: Its id.
        seconds: Since it came.
    """
    fields = {
        "request_id": request_id,
        **{name: headers.get(header) for name, header in _HEADERS.items()},
        "path": path,
        "status": error.status,
        "type": error.type,
        "latency_ms": round(seconds * 1000, 3),
    }
    ours = error.status >= _SERVER_ERROR
    _log.log(
        logging.ERROR if ours else logging.WARNING,
        "request failed: %s",
        _message(error),
        exc_info=error.__cause__ if ours else None,
        extra={FIELDS: {name: value for name, value in fields.items() if value is not None}},
    )


def _message(error: RequestError) -> str:
    """Tell what is wrong; of a malformed body that much only, as the reason may quote it."""
    if isinstance(error, MalformedPayload):
        return "the body is not what its content type says; the client was told where"
    return redact("", str(error))
