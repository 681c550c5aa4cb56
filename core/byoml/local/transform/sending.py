"""Requests sent, several at once, over connections that are kept; each is tried again where it fails."""

from __future__ import annotations

import http.client
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

from byoml.local.transform.errors import InvocationFailedError
from byoml.local.transform.joining import SPOOL_BYTES
from byoml.local.transform.splitting import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from byoml.local.transform.splitting import Span

__all__ = ["Payload", "Response", "Sender"]

_HOST = "127.0.0.1"
_SECONDS = 600.0  # the platform's default for one invocation
_PAUSE_SECONDS = 0.5
_EXCERPT = 2048
_SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Payload:
    """A request's body, which can be read again for each attempt.

    Args:
        span: The records that it carries.
        filtered: What of them is sent, None where they are sent as they are.
        chunked: It is sent in chunks, with no length told.
    """

    span: Span
    filtered: IO[bytes] | None = None
    chunked: bool = False

    def pieces(self) -> Iterator[bytes]:
        if self.filtered is None:
            yield from self.span.pieces()
            return
        self.filtered.seek(0)
        while piece := self.filtered.read(PIECE):
            yield piece

    @property
    def length(self) -> int:
        return self.span.length if self.filtered is None else self.filtered.seek(0, 2)

    def close(self) -> None:
        if self.filtered is not None:
            self.filtered.close()


@dataclass(frozen=True)
class Response:
    """An answer.

    Args:
        body: A temporary file with it, at its beginning.
        content_type: The header's value, None where there was none.
    """

    body: IO[bytes]
    content_type: str | None


class _FailedError(Exception):
    """One attempt failed; the text says how."""


class Sender:
    """Sends payloads to an endpoint's `/invocations`.

    Args:
        port: Where the endpoint listens.
        headers: Of each request.
        concurrent: How many are sent at once.
        retries: How often a failing one is sent again.
    """

    def __init__(self, port: int, headers: Mapping[str, str], concurrent: int, retries: int) -> None:
        self._headers = dict(headers)
        self._attempts = retries + 1
        self._stopping = threading.Event()
        self._connections = [http.client.HTTPConnection(_HOST, port, timeout=_SECONDS) for _ in range(concurrent)]
        self._free: SimpleQueue[http.client.HTTPConnection] = SimpleQueue()
        for connection in self._connections:
            self._free.put(connection)
        self._pool = ThreadPoolExecutor(concurrent, thread_name_prefix="byoml-transform")

    def send(self, payload: Payload) -> Future[Response]:
        """Send a payload as soon as a connection is free.

        Args:
            payload: It; closed once it is answered or given up.

        Returns:
            The answer to be, or InvocationFailedError.
        """
        return self._pool.submit(self._answer, payload)

    def close(self) -> None:
        """Give up what is not answered yet."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for connection in self._connections:
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(2)
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()

    def _answer(self, payload: Payload) -> Response:
        connection = self._free.get()
        try:
            return self._attempted(connection, payload)
        finally:
            payload.close()
            self._free.put(connection)

    def _attempted(self, connection: http.client.HTTPConnection, payload: Payload) -> Response:
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._exchange(connection, payload)
            except _FailedError as error:
                if attempt == self._attempts or self._stopping.wait(_PAUSE_SECONDS * attempt):
                    raise InvocationFailedError(str(payload.span), attempt, str(error)) from None

    def _exchange(self, connection: http.client.HTTPConnection, payload: Payload) -> Response:
        kept = connection.sock is not None
        try:
            return self._once(connection, payload)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # A connection that was kept may have been closed by the server meanwhile: that is no failure of this one.
            if kept and isinstance(error, ConnectionError) and not self._stopping.is_set():
                return self._exchange(connection, payload)
            raise _FailedError(f"none: {type(error).__name__}: {error}") from None

    def _once(self, connection: http.client.HTTPConnection, payload: Payload) -> Response:
        length = {"Transfer-Encoding": "chunked"} if payload.chunked else {"Content-Length": str(payload.length)}
        # A server may refuse a body before it has read it: then its answer says why.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(
                "POST", "/invocations", payload.pieces(), {**self._headers, **length}, encode_chunked=payload.chunked
            )
        response = connection.getresponse()
        if response.status not in _SUCCESS:
            text = response.read(_EXCERPT).decode("utf-8", "replace").strip()
            connection.close()
            raise _FailedError(f"{response.status} {response.reason}: {text}")
        return Response(_spooled(response), response.getheader("Content-Type"))


def _spooled(response: http.client.HTTPResponse) -> IO[bytes]:
    with ExitStack() as failing:
        body = failing.enter_context(tempfile.SpooledTemporaryFile(SPOOL_BYTES))
        while piece := response.read(PIECE):
            body.write(piece)
        body.seek(0)
        failing.pop_all()  # who reads the answer closes it
    return body
