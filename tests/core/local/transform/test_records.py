"""Records as values: CSV as RFC 4180 has it, JSON as its standard has it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from byoml.local.transform.records import CSV, JSON, JSON_DOCUMENT, UnreadableRecordError, form_of
from hypothesis import given
from hypothesis import strategies as st

_cells = st.lists(st.text(alphabet=st.characters(blacklist_characters="\0\r\n", codec="utf-8")), min_size=1, max_size=5)


@given(_cells)
def test_rows_that_pythons_writer_writes_are_read(cells: list[str]) -> None:
    """Quoted where they must be, and quoted throughout."""
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        text = io.StringIO()
        csv.writer(text, lineterminator="", quoting=quoting).writerow(cells)
        assert CSV.read(text.getvalue().encode()) == cells


@given(_cells)
def test_a_row_that_is_written_is_read_again(cells: list[str]) -> None:
    """Nothing of any cell is lost, and it stays one line."""
    line = CSV.write(cells)
    assert CSV.read(line) == cells
    assert b"\n" not in line


@pytest.mark.parametrize("line", ['a"b,1', '1,a "b"', '"a"b,1', '"a', '"a,b', '""a', '" ""', 'x,"a" ,1'])
def test_a_bare_quote_is_refused(line: str) -> None:
    """As the platform's parser refuses it; Python's own would take half of these."""
    with pytest.raises(UnreadableRecordError, match="has a bare quote, or none that closes it"):
        CSV.read(line.encode())


@pytest.mark.parametrize(
    ("value", "line"),
    [(["a", "b"], b"a,b"), ("a", b"a"), (["a,b", 'say "x"'], b'"a,b","say ""x"""'), ([], b""), ([1, 0.5], b"1,0.5")],
)
def test_what_a_filter_chose_of_a_row_is_a_row(value: Any, line: bytes) -> None:
    """One cell is a row of one; quotes stand only where they must."""
    assert CSV.write(value) == line


def test_the_line_end_of_windows_is_no_part_of_a_cell() -> None:
    """RFC 4180 ends rows so."""
    assert CSV.read(b"1,2\r") == ["1", "2"]


@pytest.mark.parametrize("record", [b"", b"{", b"NaN", b"[Infinity]", b"{} {}", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_refused(record: bytes) -> None:
    """Python's own additions too, which the next reader would not take."""
    with pytest.raises(UnreadableRecordError):
        JSON.read(record)


def test_json_is_written_on_one_line_as_it_was_meant() -> None:
    """Without blanks and escapes that nobody asked for."""
    assert JSON.write({"a": ["é", 1, 0.1, None], "b": "x\ny"}) == '{"a":["é",1,0.1,null],"b":"x\\ny"}'.encode()


def test_answers_are_joined_to_records() -> None:
    """A row gets cells, an object an attribute, and anything else becomes an object."""
    assert CSV.join(["1", "2"], ["0.5"]) == ["1", "2", "0.5"]
    assert JSON.join({"id": 1}, [0.5]) == {"id": 1, "SageMakerOutput": [0.5]}
    assert JSON.join([1, 2], 0.5) == {"SageMakerInput": [1, 2], "SageMakerOutput": 0.5}


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("text/csv", CSV),
        ("Text/CSV; charset=utf-8", CSV),
        ("application/jsonlines", JSON),
        ("application/json", JSON_DOCUMENT),
        ("image/png", None),
        (None, None),
    ],
)
def test_a_content_type_has_a_form_or_none(content_type: str | None, form: object) -> None:
    """Whatever its parameters and case."""
    assert form_of(content_type) == form
