"""Long bodies of plain numbers are read as the codec reads them, and everything else is left to it."""

from __future__ import annotations

import numpy as np
import pytest
from byoml.codecs.csv import CsvCodec
from byoml_sklearn.long_csv import read_long

_ROWS = np.random.default_rng(0).random((2000, 5)) * 10.0 ** np.random.default_rng(1).integers(-300, 300, (2000, 5))
_BODY = "".join(",".join(map(repr, row)) + "\n" for row in _ROWS.tolist()).encode()


@pytest.mark.parametrize(
    "body",
    [
        _BODY,
        _BODY.replace(b"\n", b"\r\n"),
        _BODY.rstrip(b"\n"),
        b"1,,3\n" * 20_000,
        b"1\n" * 40_000,
        b"1,1e999,-3\n" * 10_000,
    ],
    ids=["numbers", "crlf", "no-last-newline", "empty-cells", "one-column", "infinite"],
)
def test_numbers_are_the_codecs_to_the_last_bit(body: bytes) -> None:
    """The same shape, and the nearest float64 of each text."""
    found = read_long(body, "text/csv")

    assert found is not None
    np.testing.assert_array_equal(found, np.asarray(CsvCodec().decode(body, {}), dtype="float64"))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"1,2\n", "text/csv"),
        (_BODY, "text/csv; header=present"),
        (_BODY + b"a,1,2,3,4\n", "text/csv"),
        (_BODY + b'"1",1,2,3,4\n', "text/csv"),
        (_BODY + b"1,2,3,4\n", "text/csv"),
        (_BODY + b"1,2,3,4,5,6\n", "text/csv"),
        (_BODY + b"1,2,3,4\n1,2,3,4,5,6\n", "text/csv"),
        (_BODY + b"1,2-3,4,5,6\n", "text/csv"),
        (_BODY + b"\n1,2,3,4,5\n", "text/csv"),
        (b"\n" + _BODY, "text/csv"),
    ],
    ids=["short", "parameter", "text", "quotes", "shorter", "longer", "both", "no-number", "blank", "blank-first"],
)
def test_everything_else_is_left_to_the_codec(body: bytes, content_type: str) -> None:
    """It reads what is more than numbers, and names the place of what is wrong."""
    assert read_long(body, content_type) is None
