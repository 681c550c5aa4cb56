"""Conversations over a WebSocket (contract/inference 1.9): the user's function gets messages and yields messages."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from byoml.serving.streaming import Stream, as_iterator

if TYPE_CHECKING:
    from byoml.plugin.values import Context
    from byoml.serving.engine import Engine

__all__ = ["PATH", "Messages", "converse"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

PATH = "/invocations-bidirectional-stream"
_log = logging.getLogger("byoml.serving")
_NORMAL, _BROKEN = 1000, 1011
# RFC 6455 leaves 123 bytes for the reason of a close frame.
_REASON_BYTES = 123


class Messages:
    """What the client sends, as it comes: text frames are str, binary ones bytes.

    An ordinary function goes through it with `for`, an asynchronous one with `async for`; it ends when the client goes.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[str | bytes | None] = SimpleQueue()

    def put(self, message: str | bytes | None) -> None:
        self._queue.put(message)

    def __iter__(self) -> Iterator[str | bytes]:
        while (message := self._queue.get()) is not None:
            yield message

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        loop = asyncio.get_running_loop()
        while (message := await loop.run_in_executor(None, self._queue.get)) is not None:
            yield message


async def converse(engine: Engine, context: Context, receive: _Receive, send: _Send) -> None:
    """Hold one conversation; the function runs in a thread of its own.

    Args:
        engine: The loaded model and its functions.
        context: What the function gets beside the messages.
        receive: The WebSocket's incoming side, before its handshake is answered.
        send: Its outgoing side.
    """
    await receive()
    await send({"type": "websocket.accept"})
    messages = Messages()
    stream = Stream(_answers(engine, context, messages), _frame)
    loop = asyncio.get_running_loop()
    threading.Thread(target=stream.pump, args=(loop,), name="byoml-conversation", daemon=True).start()
    listening = loop.create_task(_listen(receive, messages))
    speaking = loop.create_task(_speak(stream, context, send))
    try:
        await asyncio.wait({listening, speaking}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        messages.put(None)
        if speaking.done():
            listening.cancel()
        else:  # the client has gone: the function ends with its messages, and what it still says is for nobody
            speaking.cancel()
        await asyncio.gather(listening, speaking, return_exceptions=True)


def _answers(engine: Engine, context: Context, messages: Messages) -> Iterator[Any]:
    """Begin in the conversation's thread, as an ordinary function may wait for its first message."""
    result = engine.converse(context, messages)
    yield from as_iterator(result) or (() if result is None else (result,))


def _frame(item: Any) -> str | bytes:
    return item if isinstance(item, (str, bytes)) else json.dumps(item)


async def _listen(receive: _Receive, messages: Messages) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        messages.put(message.get("bytes") if text is None else text)


async def _speak(stream: Stream, context: Context, send: _Send) -> None:
    try:
        async for frame in stream.chunks():
            await send({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})
    except OSError:  # the client has gone
        raise
    except Exception as error:  # noqa: BLE001  the client is told in the close frame
        _log.exception("request %s: the conversation broke", context.request_id)
        reason = f"{type(error).__name__}: {error}".encode()[:_REASON_BYTES].decode(errors="ignore")
        await send({"type": "websocket.close", "code": _BROKEN, "reason": reason})
    else:
        await send({"type": "websocket.close", "code": _NORMAL})
