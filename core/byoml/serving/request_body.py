"""The body of a request: read as a whole up to a limit, or thrown away so that the client hears its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from io import BytesIO
from typing import Any

from byoml.request_errors import PayloadTooLarge

__all__ = ["discard_body", "read_body"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]

_DISCARDED_BYTES = 256 * 2**20


async def read_body(headers: Mapping[str, str], receive: _Receive, limit: int) -> bytes:
    """Read a body to its end.

    Args:
        headers: The request's.
        receive: Gives the next message of the request.
        limit: Bytes it may have.

    Returns:
        All of it.

    Raises:
        PayloadTooLarge: It has more.
    """
    if int(headers.get("content-length") or 0) > limit:
        await discard_body(headers, receive)
        raise PayloadTooLarge(limit)
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body
    whole = BytesIO()  # gives its content away without a copy: a body may be a gigabyte
    size = whole.write(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        size += whole.write(message.get("body", b""))
        if size > limit:
            await discard_body(headers, receive, message)
            raise PayloadTooLarge(limit)
    return whole.getvalue()


async def discard_body(headers: Mapping[str, str], receive: _Receive, message: _Message | None = None) -> None:
    """Read on for a while: a client that is still sending would meet a closed connection instead of its answer.

    Args:
        headers: The request's; who asks first whether to send at all gets the answer at once.
        receive: Gives the next message of the request.
        message: The last one that was read, None where none was.
    """
    if message is None:
        if headers.get("expect", "").lower() == "100-continue":
            return
        message = await receive()
    discarded = len(message.get("body", b""))
    while message.get("more_body") and discarded < _DISCARDED_BYTES:
        message = await receive()
        discarded += len(message.get("body", b""))
