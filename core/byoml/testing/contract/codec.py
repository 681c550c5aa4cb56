"""Does a codec read what it writes, and refuse the rest? Needs hypothesis."""
# ruff: noqa: S101  these are tests, shipped

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byoml.request_errors import MalformedPayload
from byoml.testing.contract.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.codecs import Codec

__all__ = ["CodecContract"]

# One function, run in each author's class: hypothesis would take that for a mistake.
_shared = settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow])


class CodecContract(Suite):
    """Give the class attributes `codec`, `values` and `broken`; override `same` where equality is not enough."""

    not_covered = ("speed, and memory for hostile bodies", "the parameters of content types, such as `charset`")

    codec: ClassVar[Codec]
    #: What the codec writes; `hypothesis.strategies.sampled_from` makes a strategy of samples.
    values: ClassVar[st.SearchStrategy[Any]]
    #: Bodies that are not of the codec's type.
    broken: ClassVar[Sequence[bytes]]

    def same(self, written: Any, read: Any) -> bool:
        """Compare a value with what came back; arrays by shape and items, NaN equal to itself."""
        import numpy as np

        try:
            np.testing.assert_array_equal(np.asarray(read), np.asarray(written))
        except AssertionError:
            return False
        return bool(np.shape(read) == np.shape(written))

    def test_content_types_are_plain_media_types(self) -> None:
        """Lower case and without parameters, as the codec is looked up by them; and no type twice."""
        types = self.codec.content_types
        assert types
        assert all(kind == kind.lower().strip() and kind.count("/") == 1 and ";" not in kind for kind in types)
        assert len(set(types)) == len(types)

    @_shared
    @given(data=st.data())
    def test_what_is_written_is_read_back(self, data: st.DataObject) -> None:
        """Encoding and decoding gives the value again."""
        if not self.codec.encodes:
            pytest.skip("the codec does not encode")
        value = data.draw(self.values)

        body = self.codec.encode(value)

        assert isinstance(body, bytes)
        assert self.same(value, self.codec.decode(body, {})), body

    def test_broken_bodies_are_malformed(self) -> None:
        """Every body that is not of the type raises MalformedPayload, which is the client's mistake."""
        assert self.broken
        for body in self.broken:
            with pytest.raises(MalformedPayload):
                self.codec.decode(body, {})

    @_shared
    @given(body=st.binary(max_size=200))
    def test_no_bytes_at_all_break_the_codec(self, body: bytes) -> None:
        """Any body is read, or raises MalformedPayload: no other exception ever gets out."""
        with suppress(MalformedPayload):
            self.codec.decode(body, {})
