"""All codecs of a process, found by content type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from byoml.codecs import Codec, Codecs
from byoml.codecs.csv import CsvCodec
from byoml.codecs.json import JsonCodec
from byoml.codecs.npy import NpyCodec
from byoml.plugin_errors import PluginConflictError
from byoml.request_errors import MalformedPayload, NotAcceptable, UnsupportedContentType

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Reversed(Codec):
    """Text, read backwards; cannot be written."""

    content_types: ClassVar[tuple[str, ...]] = ("text/x-reversed", "text/x-backwards")
    encodes: ClassVar[bool] = False

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        return body[::-1].decode(parameters.get("charset", "utf-8"))


_CODECS = Codecs([("core", JsonCodec()), ("core", CsvCodec()), ("core", NpyCodec()), ("mine", _Reversed())])


@pytest.mark.parametrize("header", ["text/x-reversed", "Text/X-Backwards ; charset=ascii"])
def test_a_codec_is_found_by_each_of_its_types_and_gets_the_parameters(header: str) -> None:
    """Case and parameters do not hide it."""
    assert _CODECS.decode(b"cba", header) == "abc"


def test_what_can_be_read_and_what_can_be_written_are_listed_apart() -> None:
    """A codec that only reads is not offered as an answer."""
    assert _CODECS.decodable == (
        "application/json",
        "text/csv",
        "application/x-npy",
        "tensor/pt",
        "text/x-reversed",
        "text/x-backwards",
    )
    assert _CODECS.encodable == ("application/json", "text/csv", "application/x-npy", "tensor/pt")


def test_a_type_that_nobody_reads_is_415_and_lists_those_that_are_read() -> None:
    """Pickle among them: it is never read."""
    with pytest.raises(UnsupportedContentType, match=r"'application/pickle'.*text/csv, application/x-npy"):
        _CODECS.decode(b"", "application/pickle")


def test_a_broken_body_is_400_by_the_codec() -> None:
    """The registry lets it pass."""
    with pytest.raises(MalformedPayload):
        _CODECS.decode(b"{", "application/json")


def test_bytes_are_an_answer_already() -> None:
    """Whatever type was asked for."""
    assert _CODECS.encode(b"raw", "text/csv") == b"raw"


@pytest.mark.parametrize("content_type", ["text/x-reversed", "image/png"])
def test_a_type_that_nobody_writes_is_406(content_type: str) -> None:
    """Even where it can be read."""
    with pytest.raises(NotAcceptable, match=content_type):
        _CODECS.encode("x", content_type)


def test_the_answers_type_is_chosen_among_what_is_possible() -> None:
    """All encodable types, or those that the framework names, whose order then counts."""
    assert _CODECS.choose("*/*") == "application/json"
    assert _CODECS.choose("*/*", ("text/csv", "application/json")) == "text/csv"
    assert _CODECS.choose("image/png, application/x-npy") == "application/x-npy"
    with pytest.raises(NotAcceptable, match=r"'application/json'; possible: text/csv"):
        _CODECS.choose("application/json", ("text/csv",))


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", "text/csv"),
        ("image/png, */*;q=0.1", "text/csv"),
        ("application/*", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("*/*;q=0.1, application/x-npy", "application/x-npy"),
    ],
)
def test_who_takes_anything_gets_the_default(accept: str, chosen: str) -> None:
    """Also where that stands beside other types; what is named and wanted more goes before it."""
    assert _CODECS.choose(accept, default="text/csv") == chosen
    assert _CODECS.choose(accept, default="a/unknown, text/csv;q=0.5") == chosen


def test_two_codecs_for_one_type_are_a_conflict_that_names_both_plugins() -> None:
    """Neither wins by accident."""
    with pytest.raises(PluginConflictError, match=r"plugin core: gives a codec for text/csv, and so does plugin other"):
        Codecs([("core", CsvCodec()), ("other", CsvCodec())])
