"""The data plane: every route of the contract, as an ASGI application with a handful of exact paths."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import ANY
from byoml.plugin.values import Invocation
from byoml.request_errors import HandlerFailed, MethodNotAllowed, NotFound, PayloadTooLarge, RequestError
from byoml.serving.sending import StreamBroken, send_error, send_stream, send_whole

if TYPE_CHECKING:
    from byoml.serving.endpoint import Endpoint
    from byoml.serving.plan import Plan

__all__ = ["DataPlane"]

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Scope]]
_Send = Callable[[_Scope], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]
_Route = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_log = logging.getLogger("byoml.serving")
_INFERENCE_ID = "x-amzn-sagemaker-inference-id"
_MEGABYTE = 2**20
_TRANSFORM_MEGABYTES = 100
_NOT_REQUESTED = 1008
_DISCARDED_BYTES = 256 * _MEGABYTE


class DataPlane:
    """The application of one worker.

    Args:
        plan: The endpoint.
        endpoint: Its life in this worker.
        people: The application for all other paths, None where there is none.
    """

    def __init__(self, plan: Plan, endpoint: Endpoint, people: _App | None = None) -> None:
        self._plan = plan
        self._endpoint = endpoint
        self._people = people
        self._routes: dict[str, tuple[tuple[str, ...], _Route]] = {
            "/ping": (("GET", "HEAD", "POST"), self._ping),
            "/invocations": (("POST",), self._invocations),
            "/execution-parameters": (("GET", "HEAD"), self._execution_parameters),
        }

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "http":
            with self._endpoint.request():
                await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": _NOT_REQUESTED})

    async def _http(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        path = scope["path"]
        methods, route = self._routes.get(path, ((), None))
        if route is None and self._people is not None:
            await self._people(scope, receive, send)
            return
        request_id = ""
        try:
            if route is None:
                raise NotFound(path, self._routes)  # noqa: TRY301  all errors of a request become answers below
            if scope["method"] not in methods:
                raise MethodNotAllowed(scope["method"], path, methods)  # noqa: TRY301  likewise
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            request_id = headers.get(_INFERENCE_ID) or uuid.uuid4().hex
            await route({**scope, "byoml": (headers, request_id)}, receive, send)
        except RequestError as error:
            await send_error(send, error, request_id or uuid.uuid4().hex)
        except (OSError, StreamBroken):  # the client has gone, or an answer that has begun cannot become an error
            raise
        except Exception as error:  # noqa: BLE001  the client gets an answer whatever happens
            _log.exception("request %s failed in the server", request_id)
            await send_error(send, HandlerFailed("the server", error), request_id)

    async def _ping(self, _scope: _Scope, _receive: _Receive, send: _Send) -> None:
        await send_whole(send, 200 if self._endpoint.ready else 503, b"", [])

    async def _execution_parameters(self, _scope: _Scope, _receive: _Receive, send: _Send) -> None:
        settings = self._plan.settings
        share = _TRANSFORM_MEGABYTES // (settings.workers * settings.threads)
        parameters = {
            "MaxConcurrentTransforms": settings.workers * settings.threads,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": max(1, min(share, settings.body_limit // _MEGABYTE)),
        }
        await send_whole(send, 200, json.dumps(parameters).encode(), [(b"content-type", b"application/json")])

    async def _invocations(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        headers, request_id = scope["byoml"]
        accept = headers.get("accept") or ANY
        invocation = Invocation(
            body=await self._body(headers, receive),
            content_type=headers.get("content-type")
            or headers.get("contenttype")
            or self._plan.framework.default_content_type,
            accept=self._plan.default_accept if accept == ANY else accept,
            headers=headers,
            request_id=request_id,
        )
        answer = await self._endpoint.answer(invocation)
        added = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        head = [(b"content-type", answer.content_type.encode("latin-1")), *added]
        if isinstance(answer.body, bytes):
            await send_whole(send, answer.status, answer.body, head)
        else:
            await send_stream(send, answer, answer.body, head, request_id)

    async def _body(self, headers: dict[str, str], receive: _Receive) -> bytes:
        limit = self._plan.settings.body_limit
        if int(headers.get("content-length") or 0) > limit:
            await _discard(receive, {"more_body": True})
            raise PayloadTooLarge(limit)
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body
        whole = bytearray(body)
        while message.get("more_body"):
            message = await receive()
            whole += message.get("body", b"")
            if len(whole) > limit:
                await _discard(receive, message)
                raise PayloadTooLarge(limit)
        return bytes(whole)

    async def _lifespan(self, receive: _Receive, send: _Send) -> None:
        await receive()
        self._endpoint.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._endpoint.stop()
        await send({"type": "lifespan.shutdown.complete"})


async def _discard(receive: _Receive, message: _Scope) -> None:
    """Read on for a while: a client that is still sending would meet a closed connection instead of its answer."""
    discarded = 0
    while message.get("more_body") and discarded < _DISCARDED_BYTES:
        message = await receive()
        discarded += len(message.get("body", b""))
