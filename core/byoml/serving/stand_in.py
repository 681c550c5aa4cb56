"""Who answers on the port while the model is loaded before the fork: a process that says 503 to everybody."""

from __future__ import annotations

import json
import os
import signal
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from byoml.request_errors import ModelNotReady
from byoml.serving.sending import error_form

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

__all__ = ["standing_in"]

_LOOK_SECONDS = 0.5  # between looks at whether the server still lives
_PATIENCE_SECONDS = 2.0  # with a client that does not finish its request
_CHUNK = 2**16


@contextmanager
def standing_in(listener: socket.socket) -> Iterator[None]:
    """Answer from another process, as loading may keep this one from running any Python for seconds.

    Args:
        listener: The server's own socket; who comes while nobody accepts waits in it.
    """
    server = os.getpid()
    pid = os.fork()
    if not pid:
        try:
            _answer_all(listener, server)
        finally:
            os._exit(0)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


def _answer_all(listener: socket.socket, server: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches us too; the server ends us
    stand_in = _StandIn(listener, server)
    signal.signal(signal.SIGTERM, stand_in.end)
    try:
        stand_in.serve_forever(_LOOK_SECONDS)
    except SystemExit:
        stand_in.server_close()  # the last answers go out


class _StandIn(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them

    def __init__(self, listener: socket.socket, server: int) -> None:
        super().__init__(listener.getsockname(), _NotYet, bind_and_activate=False)
        self.socket.close()
        self.socket = listener.dup()
        self._server = server

    def service_actions(self) -> None:
        if os.getppid() != self._server:
            raise SystemExit

    def end(self, *_: Any) -> None:
        raise SystemExit

    def handle_error(self, *_: Any) -> None:
        """Keep silent where a client has gone."""


class _NotYet(BaseHTTPRequestHandler):
    timeout = _PATIENCE_SECONDS

    def _answer(self) -> None:
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0 and (read := self.rfile.read(min(left, _CHUNK))):
            left -= len(read)
        error = ModelNotReady()
        body = b"" if self.path == "/ping" else json.dumps(error_form(error, uuid.uuid4().hex)).encode()
        self.send_response(error.status)
        headers = {"Content-Length": str(len(body)), **error.headers}
        if body:
            headers["Content-Type"] = "application/json"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  the names that http.server calls

    def log_message(self, *_: Any) -> None:
        """Keep silent: pings are not in the log."""
