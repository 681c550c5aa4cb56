"""The bytes of an answer: whole, as a stream, or as the one form that errors have."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from byoml.request_errors import HandlerFailed, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.serving.engine import Answer
    from byoml.serving.streaming import Stream

__all__ = [
    "Send",
    "StreamBroken",
    "error_form",
    "header_lines",
    "send_error",
    "send_stream",
    "send_whole",
    "type_line",
]

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# A header has none of these, and what comes after one of the first could pass for another header.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade"})
_EVENTS = "text/event-stream"


class StreamBroken(Exception):  # noqa: N818  it only cuts the connection: the client has been told
    """An answer broke off after its first byte.

    Args:
        error: What the client was told in its last record.
    """

    def __init__(self, error: RequestError) -> None:
        super().__init__(str(error))
        self.error = error


async def send_whole(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
    return status


async def send_stream(
    send: Send, answer: Answer, stream: Stream, headers: list[tuple[bytes, bytes]], request_id: str
) -> int:
    """Send chunks as they come; after the first byte an error is a last record, then the connection is cut (S-2)."""
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    try:
        async for chunk in stream.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except OSError:  # the client has gone
        raise
    except Exception as error:
        failed = error if isinstance(error, RequestError) else HandlerFailed("the stream", error)
        if failed is not error:
            failed.__cause__ = error
        record = json.dumps({"error": error_form(failed, request_id)})
        framed = f"event: error\ndata: {record}\n\n" if answer.content_type == _EVENTS else f"\n{record}\n"
        await send({"type": "http.response.body", "body": framed.encode(), "more_body": True})
        raise StreamBroken(failed) from error
    await send({"type": "http.response.body", "body": b""})
    return answer.status


def error_form(error: RequestError, request_id: str) -> dict[str, object]:
    """Make the body of an error, the same for all of them."""
    return {"code": error.status, "type": error.type, "message": str(error), "request_id": request_id}


def header_lines(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Make the lines of an answer's head, but for those that say how it is sent: these are the server's.

    Args:
        headers: Of two names that differ by case the last one counts.

    Returns:
        Names, in lower case, and values.

    Raises:
        UnicodeEncodeError: A header cannot have such a character.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lower.items() if name not in _OURS]


@lru_cache(maxsize=64)
def type_line(content_type: str) -> tuple[bytes, bytes]:
    """Make the one line that every answer's head has; the arguments and errors are those of `header_lines`."""
    return b"content-type", content_type.encode("latin-1")


async def send_error(send: Send, error: RequestError, request_id: str) -> None:
    """Answer with the one form that errors have; their tracebacks are in the log alone."""
    sendable = {name: _UNSENDABLE.sub("?", value) for name, value in error.headers.items()}
    body = json.dumps(error_form(error, request_id)).encode()
    await send_whole(send, error.status, body, header_lines({**sendable, "content-type": "application/json"}))
