"""`text/plain` to a text and back."""

from __future__ import annotations

import numpy as np
import pytest
from byoml.codecs.plain_text import PlainTextCodec
from byoml.request_errors import MalformedPayload, NotAcceptable
from byoml.testing.contract.codec import CodecContract
from hypothesis import strategies as st

_CODEC = PlainTextCodec()


@pytest.mark.parametrize(
    ("body", "parameters", "text"),
    [
        ("é, 中\n".encode(), {}, "é, 中\n"),
        (b"\xef\xbb\xbfa", {}, "a"),
        (b"\xe9", {"charset": "iso-8859-1"}, "é"),
        (b"", {}, ""),
    ],
)
def test_the_body_is_one_text(body: bytes, parameters: dict[str, str], text: str) -> None:
    """By its charset, with its ends of lines, also where it is empty."""
    assert _CODEC.decode(body, parameters) == text


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("é", "é"),
        (5, "5"),
        (np.float32(0.1), "0.1"),
        (np.array(["a", "b"]), "a\nb\n"),
        ([1, 2.5, "x"], "1\n2.5\nx\n"),
        (True, "True"),
        ([], ""),
    ],
)
def test_texts_and_numbers_are_written_as_they_read(value: object, body: str) -> None:
    """A text as it is, of a list one item a line."""
    assert _CODEC.encode(value) == body.encode()


@pytest.mark.parametrize("value", [{"a": 1}, None, [[1]], np.eye(2), [None], object(), np.bytes_(b"x")])
def test_what_is_no_text_is_named(value: object) -> None:
    """With what can be written."""
    with pytest.raises(NotAcceptable, match="possible: a text, a number"):
        _CODEC.encode(value)


class TestCodecContract(CodecContract):
    """Any text but one that begins with a byte order mark, which is dropped."""

    codec = _CODEC
    values = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: not text.startswith("\ufeff"))
    broken = (b"\xff", b"a\xc3")

    def same(self, written: object, read: object) -> bool:
        return written == read


def test_a_charset_that_is_none_is_refused() -> None:
    """As everywhere."""
    with pytest.raises(MalformedPayload, match="text/plain: there is no charset 'klingon'"):
        _CODEC.decode(b"a", {"charset": "klingon"})
