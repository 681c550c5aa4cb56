"""gunicorn's protocol of a connection, with shorter ways for what each request costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gunicorn.asgi import protocol
from gunicorn.asgi.protocol import ASGIProtocol

from byoml.serving.request_heads import HeadParser

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Protocol"]


class Protocol(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """Reads plain heads at once, answers in the connection's own task, and keeps one timer for all pauses."""

    def __init__(self, worker: Any) -> None:
        # Here and not when this is imported, and for all that the module asks of its parser's class.
        protocol.PythonProtocol = HeadParser
        super().__init__(worker)
        self._idle_since: float | None = None

    def _arm_keepalive_timer(self) -> None:
        """Note since when the connection is idle; the timer may be there from an earlier pause."""
        self._idle_since = self.worker.loop.time()
        if self._keepalive_handle is None:
            super()._arm_keepalive_timer()

    def _cancel_keepalive_timer(self) -> None:
        self._idle_since = None
        if self._closed or self._conn_lost_handled:
            super()._cancel_keepalive_timer()

    def _keepalive_timeout(self) -> None:
        self._keepalive_handle = None
        if self._idle_since is None:
            return
        left = self._idle_since + self._keepalive - self.worker.loop.time()
        if left > 0:
            self._keepalive_handle = self.worker.loop.call_later(left, self._keepalive_timeout)
        else:
            super()._keepalive_timeout()

    def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> Awaitable[bool]:
        """Spare each request a second task: it is for applications that go on after their answer, as a user's may."""
        answer = self._handle_http_request if self.worker.app.endpoint.app is None else super()._serve_http_request
        served: Awaitable[bool] = answer(request, sockname, peername)
        return served
