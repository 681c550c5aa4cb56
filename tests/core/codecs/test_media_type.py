"""Content-Type and Accept headers (contract/inference C-1)."""

from __future__ import annotations

import time

import pytest
from byoml.codecs.media_type import best_offer, parse_accept, parse_media_type
from hypothesis import given
from hypothesis import strategies as st

_OFFERS = ("application/json", "text/csv", "application/x-npy")


@pytest.mark.parametrize(
    ("header", "essence", "parameters"),
    [
        ("application/json", "application/json", {}),
        (" Text/CSV ", "text/csv", {}),
        ('text/csv; Charset="UTF-8";header=present', "text/csv", {"charset": "UTF-8", "header": "present"}),
        ("text/csv;", "text/csv", {}),
        ("", "", {}),
    ],
)
def test_a_type_is_read_without_regard_to_case_and_with_its_parameters(
    header: str, essence: str, parameters: dict[str, str]
) -> None:
    """Names and type in lower case, quotes taken off values."""
    assert parse_media_type(header) == (essence, parameters)


@pytest.mark.parametrize(
    ("header", "types"),
    [
        ("text/csv", ["text/csv"]),
        ("text/csv, application/json", ["text/csv", "application/json"]),
        ("text/csv;q=0.5, application/json", ["application/json", "text/csv"]),
        ("text/csv;q=0, */*;q=0.1", ["*/*"]),
        ("text/csv;q=odd", ["text/csv"]),
        ("", []),
    ],
)
def test_wanted_types_come_most_wanted_first(header: str, types: list[str]) -> None:
    """Equals in the order given; weight nought is not wanted."""
    assert [kind.essence for kind in parse_accept(header)] == types


@pytest.mark.parametrize(
    ("header", "offer"),
    [
        ("application/json", "application/json"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("image/png, text/csv", "text/csv"),
        ("text/csv, application/json", "text/csv"),
        ("application/x-npy;q=0.2, text/csv;q=0.9", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("*/*, application/json;q=0.1", "text/csv"),
        ("application/*;q=0.5, application/x-npy;q=0.6, */*;q=0.1", "application/x-npy"),
        ("text/csv;q=x, application/json;q=0.9", "text/csv"),
        ("text/csv;q=nan;q=0.5, application/json", "application/json"),
        ("text/csv;q=nan", "text/csv"),
        ("text/csv;q=9, application/json", "text/csv"),
        ("text/csv;q=-1, application/json;q=0.001", "application/json"),
        (' text/html ,application/json;profile="a,text/csv;q=1", text/csv;q=0.5', "application/json"),
        ("image/png", None),
        ("text/csv;q=0", None),
        ("", None),
    ],
)
def test_the_offer_is_chosen_as_rfc_9110_weighs_it(header: str, offer: str | None) -> None:
    """What names a type most closely says its weight; then the header's order, then ours."""
    assert best_offer(header, _OFFERS) == offer


def test_a_hostile_header_costs_no_more_than_its_length() -> None:
    """Quotes without an end, escaped ones, and many of both."""
    start = time.perf_counter()
    for header in ('"\\"' * 20_000, '"' * 40_001, '"a\\' * 20_000, "," * 40_000, 'text/csv;a="' + "\\" * 40_001):
        parse_accept(header)
        parse_media_type(header)
    assert time.perf_counter() - start < 2


@given(st.text() | st.text('",;\\=q/* '))
def test_no_header_is_an_error(header: str) -> None:
    """Clients send anything."""
    parse_media_type(header)
    parse_accept(header)
    assert best_offer(header, _OFFERS) in (*_OFFERS, None)


def test_of_two_that_match_a_list_only_wanted_ones_are_chosen() -> None:
    """A type is concrete unless it holds a star."""
    assert [kind.concrete for kind in parse_accept("text/csv, text/*, */*")] == [True, False, False]
