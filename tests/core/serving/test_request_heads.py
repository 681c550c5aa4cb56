"""The quick way to read a request's head: whatever arrives, it finds what gunicorn's own parser finds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from byoml.serving.request_heads import HeadParser
from gunicorn.asgi.parser import PythonProtocol
from hypothesis import example, given, settings
from hypothesis import strategies as st

_PARTS = [
    *(b"POST ", b"GET ", b"CONNECT ", b"get ", b"PO#T ", b"G ", b"P\xc3ST ", b"OPTIONS "),
    *(b"/invocations", b"/a?b=c%20d", b"*", b"http://host/path", b"host:1", b"/\x80", b"/a b", b"/", b""),
    *(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/2.0\r\n", b" HTTP/1.1\n", b"\r\n", b"\n", b"\r", b" ", b"\t", b":"),
    *(b"Host: a\r\n", b"host: b\r\n", b"Content-Type: text/csv\r\n", b"content-type:\ttext/csv \r\n", b"X : 1\r\n"),
    *(b"Content-Length: 3\r\n", b"Content-Length: +3\r\n", b"Content-Length: 3, 3\r\n", b"CONTENT-LENGTH:0\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: x\r\n"),
    *(b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n"),
    *(
        b"X-A: \xe4\r\n",
        b"X-B: a\x00b\r\n",
        b"X-C: a\rb\r\n",
        b" folded\r\n",
        b"X_D:\r\n",
        b"X-Long: " + 90 * b"a" + b"\r\n",
    ),
    *(b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"3;x=y\r\nabc\r\n", b"0\r\nX: y\r\n\r\n"),
]
_PLAIN = b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 3\r\n\r\nabc"
_LIMITS = {"limit_request_line": 200, "limit_request_fields": 6, "limit_request_field_size": 90}
_KEPT = (
    "method",
    "path",
    "http_version",
    "headers",
    "content_length",
    "is_chunked",
    "should_keep_alive",
    "is_complete",
)


def _read(kind: type[PythonProtocol], pieces: list[bytes], limits: dict[str, int]) -> list[object]:
    """Read a request in pieces; give back all that its protocol would see of it."""
    seen: list[object] = []
    parser = kind(
        on_headers_complete=lambda: seen.append("head"),
        on_body=lambda chunk: seen.append(bytes(chunk)),
        on_message_complete=lambda: seen.append("end"),
        **limits,
    )
    for piece in pieces:
        try:
            parser.feed(piece)
        except Exception as error:  # noqa: BLE001  an error is what is compared
            return [*seen, type(error), str(error)]
        seen += [getattr(parser, name) for name in _KEPT]
    return [*seen, parser.remaining(), parser._state, parser._header_count]  # noqa: SLF001  what the next bytes meet


_requests = st.lists(st.sampled_from(_PARTS), max_size=12).map(b"".join)
_mostly_plain = st.lists(st.sampled_from(_PARTS), max_size=7).map(
    lambda parts: b"POST /invocations HTTP/1.1\r\n" + b"".join(parts) + b"\r\nabc"
)


@settings(max_examples=1000)
@given(
    st.one_of(_requests, _mostly_plain, st.just(_PLAIN), st.just(2 * _PLAIN)),
    st.lists(st.integers(0, 200), max_size=3),
    st.sampled_from([{}, _LIMITS, dict.fromkeys(_LIMITS, 0)]),
)
@example(_PLAIN, [], {})
@example(b"\r\n" + _PLAIN, [1], {})
@example(_PLAIN.replace(b"abc", b"abcGET / HTTP/1.1\r\n\r\n"), [], {})
def test_whatever_arrives_is_read_as_gunicorn_reads_it(data: bytes, cuts: list[int], limits: dict[str, int]) -> None:
    """Fields, framing, errors and what is left over; however the bytes were cut on their way (RFC 9112)."""
    borders = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(borders)]
    assert _read(HeadParser, pieces, limits) == _read(PythonProtocol, pieces, limits)


@pytest.mark.parametrize("place", [b"Host", b"a\r", b"/inv", b"POST"])
def test_every_byte_in_every_place_is_judged_as_gunicorn_judges_it(place: bytes) -> None:
    """Those that are allowed in a name, a value, a target or a method, and those that would split a request."""
    for byte in range(256):
        data = _PLAIN.replace(place, place[:1] + bytes([byte]) + place[1:], 1)
        assert _read(HeadParser, [data], {}) == _read(PythonProtocol, [data], {}), byte


class _QuickOnly(HeadParser):
    """Has no way from line to line."""

    def _parse_headers(self) -> bool:
        raise AssertionError


def test_a_plain_head_is_read_the_quick_way() -> None:
    """Else it could silently be no quicker."""
    assert _read(_QuickOnly, [_PLAIN], _LIMITS)[-4:] == [True, b"", "complete", 3]
    assert _read(_QuickOnly, [b"\r\n" + _PLAIN], _LIMITS)[-2] is AssertionError
