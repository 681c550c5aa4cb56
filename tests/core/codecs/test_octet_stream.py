"""`application/octet-stream`: bytes in, bytes out."""

from __future__ import annotations

import pickle

import pytest
from byoml.codecs.octet_stream import OctetStreamCodec
from byoml.request_errors import NotAcceptable
from hypothesis import given
from hypothesis import strategies as st

_CODEC = OctetStreamCodec()


@given(st.binary())
def test_bytes_are_handed_over_as_they_are(body: bytes) -> None:
    """Both ways, and whichever kind of bytes a function gives."""
    assert _CODEC.decode(body, {}) == body
    for value in (body, bytearray(body), memoryview(body)):
        assert _CODEC.encode(value) == body


def test_a_pickle_stays_bytes() -> None:
    """Nothing from the wire is ever unpickled."""
    body = pickle.dumps({"a": 1})
    assert _CODEC.decode(body, {}) is body


@pytest.mark.parametrize("value", ["text", 5, [1], None])
def test_what_is_not_bytes_is_refused(value: object) -> None:
    """Nobody said which bytes it would be."""
    with pytest.raises(NotAcceptable, match="possible: bytes"):
        _CODEC.encode(value)
