"""Requests on a real connection: kept, tried again, several at once, and in chunks where no length is told."""

from __future__ import annotations

import io
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from byoml.local.transform.errors import InvocationFailedError
from byoml.local.transform.sending import Payload, Sender
from byoml.local.transform.splitting import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# What a request gets: a status and a body, or None to close the connection without a word.
_Given = tuple[int, bytes] | None


class _Server(ThreadingHTTPServer):
    """An HTTP server that answers as a test says, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[bytes, int], _Given]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.connections = 0
        self.bodies: list[bytes] = []
        self.headers: list[Any] = []
        self.lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a test cuts is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self._chunks() if self.headers.get("Transfer-Encoding") else self._whole()
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.headers.append(self.headers)
            count = len(self.server.bodies)
        given = self.server.answer(body, count)
        if given is None:
            self.close_connection = True
            return
        self.send_response(given[0])
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(given[1])))
        self.end_headers()
        self.wfile.write(given[1])

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it
        """Tests print what they have to say themselves."""


@contextmanager
def _serving(answer: Callable[[bytes, int], _Given], concurrent: int = 1, retries: int = 0) -> Iterator[Any]:
    server = _Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    sender = Sender(server.server_port, {"Content-Type": "text/csv", "Accept": "text/csv"}, concurrent, retries)
    try:
        yield server, sender
    finally:
        sender.close()
        server.shutdown()
        server.server_close()
        thread.join()


def _payload(folder: Path, content: bytes, *, chunked: bool = False) -> Payload:
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    path.write_bytes(content)
    return Payload(Span(path, 0, len(content)), chunked=chunked)


def _body(response: Any) -> bytes:
    with response.body as file:
        content: bytes = file.read()
    return content


def test_a_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    """Ten requests over one connection, each with the headers and its own body."""
    with _serving(lambda body, _: (200, b"to " + body)) as (server, sender):
        answers = [_body(sender.send(_payload(tmp_path, b"%d\n" % number)).result()) for number in range(10)]
        assert answers == [b"to %d\n" % number for number in range(10)]
        assert server.connections == 1
        assert {headers["Accept"] for headers in server.headers} == {"text/csv"}


def test_as_many_requests_as_asked_for_are_on_their_way_at_once(tmp_path: Path) -> None:
    """Three meet in the server, which answers none of them alone."""
    meeting = threading.Barrier(3)

    def answer(body: bytes, _count: int) -> _Given:
        meeting.wait(20)
        return 200, body

    with _serving(answer, concurrent=3) as (server, sender):
        futures = [sender.send(_payload(tmp_path, b"%d" % number)) for number in range(9)]
        assert [_body(future.result(20)) for future in futures] == [b"%d" % number for number in range(9)]
        assert server.connections == 3


@pytest.mark.parametrize("failing", [(500, b"no"), (503, b""), None])
def test_a_request_that_fails_is_sent_again(tmp_path: Path, failing: _Given) -> None:
    """With the same body, after an error and after a connection that was cut."""
    with _serving(lambda body, count: failing if count == 1 else (200, body), retries=1) as (server, sender):
        assert _body(sender.send(_payload(tmp_path, b"1,2\n")).result()) == b"1,2\n"
        assert server.bodies == [b"1,2\n", b"1,2\n"]


def test_what_was_filtered_is_sent_again_from_its_beginning(tmp_path: Path) -> None:
    """And not the records as they lie in the file."""
    filtered = io.BytesIO()
    filtered.write(b"2\n")
    payload = Payload(_payload(tmp_path, b"1,2\n").span, filtered)
    with _serving(lambda body, count: (500, b"") if count == 1 else (200, body), retries=1) as (server, sender):
        assert _body(sender.send(payload).result()) == b"2\n"
        assert server.bodies == [b"2\n", b"2\n"]
    assert filtered.closed


def test_what_fails_to_the_end_says_what_it_was_answered(tmp_path: Path) -> None:
    """The file, the records, how often it was sent, the status, and the beginning of the body."""
    with _serving(lambda _body, _count: (400, b'{"type": "MalformedPayload"}'), retries=1) as (_, sender):
        with pytest.raises(InvocationFailedError) as raised:
            sender.send(_payload(tmp_path, b"x")).result()
        assert str(raised.value) == (
            f"{tmp_path}/0.csv, record 1: sent 2 times, the last answer was: "
            '400 Bad Request: {"type": "MalformedPayload"}'
        )


def test_nobody_there_is_a_failure_too(tmp_path: Path) -> None:
    """It says so, in the words of the system."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    sender = Sender(port, {}, 1, 0)
    with pytest.raises(InvocationFailedError, match=r"sent once, the last answer was: none: ConnectionRefusedError"):
        sender.send(_payload(tmp_path, b"x")).result()
    sender.close()


def test_a_kept_connection_that_the_server_has_closed_is_no_failure(tmp_path: Path) -> None:
    """No retry is allowed, and none is needed: the request goes over a new connection."""

    def answer(body: bytes, count: int) -> _Given:
        return None if count == 2 else (200, body)

    with _serving(answer) as (server, sender):
        assert _body(sender.send(_payload(tmp_path, b"1")).result()) == b"1"
        assert _body(sender.send(_payload(tmp_path, b"2")).result()) == b"2"
        assert server.connections == 2


def test_a_body_of_unknown_length_goes_in_chunks(tmp_path: Path) -> None:
    """No length is told, and all of it arrives."""
    content = b"0123456789" * 100_000
    with _serving(lambda body, _: (200, body)) as (server, sender):
        assert _body(sender.send(_payload(tmp_path, content, chunked=True)).result()) == content
        assert server.headers[0]["Content-Length"] is None
        assert server.headers[0]["Transfer-Encoding"] == "chunked"


def test_what_is_given_up_ends_at_once(tmp_path: Path) -> None:
    """A request that is on its way, and those that wait, end with close()."""
    reached, over = threading.Event(), threading.Event()

    def answer(body: bytes, _count: int) -> _Given:
        reached.set()
        over.wait(30)
        return 200, body

    with _serving(answer, retries=3) as (_, sender):
        futures = [sender.send(_payload(tmp_path, b"%d" % number)) for number in range(3)]
        assert reached.wait(20)
        sender.close()
        over.set()
        with pytest.raises(InvocationFailedError):
            futures[0].result(10)
        assert all(future.cancelled() for future in futures[1:])
