"""`text/csv`: rows of cells, as RFC 4180 quotes them; always two-dimensional."""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.text import as_text_array, decode_text
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["CsvCodec", "ReadLines", "read_plain"]

_TYPE = "text/csv"
_WRITABLE = ("one value, a list or array of values, or rows of values; a value is a number, a text, a boolean or None",)
_CRLF = "\r\n"
_NUMERIC = b"0123456789+-.eE, \t\n"
_NUMBERS = frozenset("efd" + np.typecodes["AllInteger"])
_CELLS = (str, int, float, type(None), np.generic)


class CsvCodec(Codec):
    """Reads int64 where every cell is an integer, else float64 with NaN for blank cells, else texts.

    The parameter `header=present` drops the first row; `label_size` says nothing about a request, and is ignored.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE,)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> NDArray[Any]:
        if isinstance(body, ReadLines):
            return body.table
        text = decode_text(body, parameters, _TYPE)
        header = parameters.get("header", "").lower() == "present"
        plain = None if header else read_plain(text)
        return _read_any(text, header=header) if plain is None else plain

    def encode(self, value: object) -> bytes:
        if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.char in _NUMBERS:
            return _column(value).encode()
        lines = _Lines()
        csv.writer(lines, lineterminator=_CRLF).writerows(_rows_of(value))
        return "".join(lines).encode()


class ReadLines(bytes):
    """Plain lines of several requests, which had to be read before they could be put together."""

    #: What they hold.
    table: NDArray[Any]


class _Lines(list[str]):
    """Lines that end in LF, of a writer that must be told CRLF: it quotes only what it takes for a line's end."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix(_CRLF) + "\n")


def _column(numbers: NDArray[Any]) -> str:
    """Write one number a line, as the writer below would, at a third of its time."""
    cells = numbers.astype(str).tolist() if numbers.dtype.char in "ef" else map(repr, numbers.tolist())
    return "".join([f"{cell}\n" for cell in cells])


def read_plain(text: str) -> NDArray[Any] | None:
    """Read numbers without quotes, blank cells or blank lines: most requests, at half the time; None for all else."""
    plain = (text.replace("\r\n", "\n") if "\r" in text else text).rstrip("\n")
    lines = plain.split("\n")
    if "" in lines or plain.encode().translate(None, _NUMERIC):
        return None
    kind = np.float64 if any(mark in plain for mark in ".eE") else np.int64
    try:
        return np.loadtxt(lines, kind, comments=None, delimiter=",", ndmin=2)
    except ValueError:
        return None


def _read_any(text: str, *, header: bool) -> NDArray[Any]:
    rows = _read_rows(text)
    width = len(rows[0]) if rows else 0
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            reason = f"the row has {len(row)} cells, and the first has {width}"
            raise MalformedPayload(_TYPE, reason, number, min(len(row), width) + 1)
    rows = rows[1:] if header else rows
    if not rows:
        raise MalformedPayload(_TYPE, "there is no row" + (" after the header" if header else ""))
    return _typed(list(chain.from_iterable(rows))).reshape(len(rows), width)


def _read_rows(text: str) -> list[list[str]]:
    """Split a text into rows; blank lines at its end are none, others are rows of one blank cell."""
    reader = csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""), strict=True)
    try:
        return [row or [""] for row in reader]
    except csv.Error as error:
        raise MalformedPayload(_TYPE, str(error), reader.line_num) from None


def _typed(cells: list[str]) -> NDArray[Any]:
    joined = "".join(cells)
    if joined.isascii() and "_" not in joined:  # Python alone takes 1_000 and other scripts' digits for numbers
        try:
            return _whole_numbers(cells)
        except (ValueError, OverflowError):
            pass
        try:
            return np.array([float(cell.strip() or "nan") for cell in cells])
        except ValueError:
            pass
    return as_text_array(np.array(cells, dtype=object))


def _whole_numbers(cells: Iterable[str]) -> NDArray[np.int64]:
    return np.array([int(cell) for cell in cells], dtype=np.int64)


def _rows_of(value: object) -> list[Sequence[object]]:
    """Make rows: of a scalar one cell, of a list one cell a line."""
    items = _listed(value)
    rows = [_sequence(_listed(item)) for item in _sequence(items)]
    for kind in set(map(type, chain.from_iterable(rows))):
        if not issubclass(kind, _CELLS) or issubclass(kind, (bytes, np.void)):
            raise NotAcceptable(_TYPE, _WRITABLE, f"a cell of the prediction is a {kind.__name__}")
    return rows


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else [value]


def _listed(value: object) -> object:
    """Turn arrays, tensors and tables into lists; a float32 keeps its own shortest digits, as text."""
    if isinstance(value, (str, int, float, list, tuple)) or not hasattr(value, "__array__"):
        return value
    array = np.asarray(value)
    narrow = array.dtype.kind == "f" and array.dtype != np.float64
    return (array.astype(str) if narrow else array).tolist()
