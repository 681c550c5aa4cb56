"""The data plane: every route of the contract, as an ASGI application with a handful of exact paths."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import ANY
from byoml.plugin.values import Invocation
from byoml.request_errors import HandlerFailed, MethodNotAllowed, NotFound, RequestError
from byoml.serving import bidirectional
from byoml.serving.execution_parameters import execution_parameters
from byoml.serving.exposition import CONTENT_TYPE
from byoml.serving.failures import log_failure
from byoml.serving.models_api import ModelsApi
from byoml.serving.models_endpoint import ModelsEndpoint
from byoml.serving.request_body import discard_body, read_body
from byoml.serving.sending import StreamBroken, header_lines, send_error, send_stream, send_whole, type_line
from byoml.serving.session_expiry import Sweeper
from byoml.serving.session_flow import answer_in_session
from byoml.serving.sessions import Sessions

if TYPE_CHECKING:
    from byoml.plugin.framework import Framework
    from byoml.serving.endpoint import Endpoint
    from byoml.serving.models_api import Answering
    from byoml.serving.plan import Plan

__all__ = ["DataPlane"]

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Scope]]
_Send = Callable[[_Scope], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]
# Answers, and tells with which status.
_Route = Callable[[_Scope, _Receive, _Send], Awaitable[int]]

_INFERENCE_ID = "x-amzn-sagemaker-inference-id"
_INVOCATION_PATH = "x-amzn-sagemaker-model-invocation-path"
_NOT_REQUESTED = 1008
_CLIENT_GONE = 499  # what nginx counts it as; nobody is answered this
_INVOCATIONS = "/invocations"
# Asked all day long: neither counted nor in the log.
_POLLED = frozenset({"/ping", "/metrics"})


class DataPlane:
    """The application of one worker.

    Args:
        plan: The endpoint.
        endpoint: Its life in this worker.
    """

    def __init__(self, plan: Plan, endpoint: Endpoint) -> None:
        self._plan = plan
        self._endpoint = endpoint
        #: The application for all other paths, None where there is none.
        self.people: _App | None = None
        self._sessions = Sessions.from_env(plan.env)
        # Ids need be told apart, not kept secret; and no user's `random.seed` makes two workers give the same.
        self._ids = random.Random()  # noqa: S311  see above
        self._routes: dict[str, tuple[tuple[str, ...], _Route]] = {
            "/ping": (("GET", "HEAD", "POST"), self._ping),
            _INVOCATIONS: (("POST",), self._invocations),
            "/execution-parameters": (("GET", "HEAD"), self._execution_parameters),
            "/metrics": (("GET", "HEAD"), self._metrics),
        }
        self._models: ModelsApi | None = None
        if isinstance(endpoint, ModelsEndpoint):
            self._models = ModelsApi(endpoint, plan.env.paths.base, self._predict, self._body)
            self._routes.update(self._models.routes)

    @property
    def routes(self) -> Mapping[str, tuple[str, ...]]:
        """The methods of each path."""
        return {path: methods for path, (methods, _) in self._routes.items()}

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "http":
            with self._endpoint.in_flight:
                await (self._endpoint.app or self._http)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await (self._endpoint.app or self._websocket)(scope, receive, send)

    def _new_id(self) -> str:
        return f"{self._ids.getrandbits(128):032x}"

    async def _websocket(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Converse where there is a function for it; every other upgrade is refused before it is accepted (W-6)."""
        headers = _headers(scope)
        paths = (bidirectional.PATH, "/" + headers.get(_INVOCATION_PATH, "").lstrip("/"))
        engine = self._endpoint.engine
        if engine is None or not engine.speaks or scope["path"] not in paths:
            await send({"type": "websocket.close", "code": _NOT_REQUESTED})
            return
        with self._endpoint.in_flight:
            context = engine.context(headers, headers.get(_INFERENCE_ID) or self._new_id())
            await bidirectional.converse(engine, context, receive, send)

    async def _http(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        path = scope["path"]
        methods, route = self._routes.get(path, ((), None))
        if route is None:
            if self._models is not None:
                methods, route = self._models.route(path)
            if route is None and self.people is not None:
                await self.people(scope, receive, send)
                return
        if path in _POLLED:
            await self._answered(route, methods, scope, receive, send)
            return
        meter, came, status = self._endpoint.meter, perf_counter(), _CLIENT_GONE
        meter.begin()
        try:
            status = await self._answered(route, methods, scope, receive, send)
        finally:
            meter.end(status, perf_counter() - came, predicted=path == _INVOCATIONS or path.endswith("/invoke"))

    async def _answered(
        self, route: _Route | None, methods: tuple[str, ...], scope: _Scope, receive: _Receive, send: _Send
    ) -> int:
        """Answer, whatever happens; tell with which status."""
        path, request_id, came = scope["path"], "", perf_counter()
        headers: dict[str, str] = {}
        try:
            headers = _headers(scope)
            request_id = headers.get(_INFERENCE_ID) or self._new_id()
            scope["byoml"] = headers, request_id
            if route is None or scope["method"] not in methods:
                await discard_body(headers, receive)
                if route is None:
                    raise NotFound(path, self._routes)  # noqa: TRY301  all errors of a request become answers below
                raise MethodNotAllowed(scope["method"], path, methods)  # noqa: TRY301  likewise
            return await route(scope, receive, send)
        except RequestError as error:
            failed = error
        except StreamBroken as broken:  # an answer that has begun cannot become an error
            self._note(broken.error, path, headers, request_id, came)
            raise
        except OSError:  # the client has gone
            raise
        except Exception as error:  # noqa: BLE001  the client gets an answer whatever happens
            failed = HandlerFailed("the server", error)
            failed.__cause__ = error
        request_id = request_id or self._new_id()
        self._note(failed, path, headers, request_id, came)
        await send_error(send, failed, request_id)
        return failed.status

    def _note(self, error: RequestError, path: str, headers: dict[str, str], request_id: str, came: float) -> None:
        self._endpoint.meter.fail(error.type)
        log_failure(error, path, headers, request_id, perf_counter() - came)

    async def _ping(self, _scope: _Scope, _receive: _Receive, send: _Send) -> int:
        return await send_whole(send, 200 if self._endpoint.ready else 503, b"", [])

    async def _metrics(self, _scope: _Scope, _receive: _Receive, send: _Send) -> int:
        text = self._endpoint.metrics_text().encode()
        return await send_whole(send, 200, text, [(b"content-type", CONTENT_TYPE.encode())])

    async def _execution_parameters(self, _scope: _Scope, _receive: _Receive, send: _Send) -> int:
        engine = await self._endpoint.loaded() if self._plan.entry_point else None
        parameters = await execution_parameters(self._plan, engine)
        return await send_whole(send, 200, json.dumps(parameters).encode(), [(b"content-type", b"application/json")])

    # What only passes a request on is no coroutine of its own: each one costs every request.

    def _invocations(self, scope: _Scope, receive: _Receive, send: _Send) -> Awaitable[int]:
        return self._predict(scope, receive, send, self._plan.framework, self._endpoint.answer)

    async def _predict(
        self, scope: _Scope, receive: _Receive, send: _Send, framework: Framework, answering: Answering
    ) -> int:
        headers, request_id = scope["byoml"]
        accept = headers.get("accept") or ANY
        invocation = Invocation(
            body=await self._body(headers, receive),
            content_type=headers.get("content-type") or headers.get("contenttype") or framework.default_content_type,
            accept=self._plan.env.default_accept or framework.default_accept if accept == ANY else accept,
            headers=headers,
            request_id=request_id,
        )
        if self._sessions is None:
            answer = await answering(invocation)
        else:
            answer = await answer_in_session(self._sessions, invocation, answering)
        head = [type_line(answer.content_type)]
        if answer.headers:
            head = header_lines({**answer.headers, "content-type": answer.content_type})
        if isinstance(answer.body, bytes):
            return await send_whole(send, answer.status, answer.body, head)
        with self._endpoint.sending(answer.body):
            return await send_stream(send, answer, answer.body, head, request_id)

    def _body(self, headers: dict[str, str], receive: _Receive) -> Awaitable[bytes]:
        return read_body(headers, receive, self._plan.settings.body_limit)

    async def _lifespan(self, receive: _Receive, send: _Send) -> None:
        await receive()
        self._endpoint.start()
        sweeper = Sweeper(self._sessions)
        sweeper.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        sweeper.stop()
        self._endpoint.stop()
        await send({"type": "lifespan.shutdown.complete"})


def _headers(scope: _Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
