"""libsvm of a channel: `label[:weight] [qid:query] index:value ...` a line; what a line does not say is missing.

Indices count from 0, as XGBoost itself reads them: a file that counts from 1 has a first feature without a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.plugin.channel_files import ChannelDataError

from byoml_xgboost import libsvm_lines
from byoml_xgboost.training_rows import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

__all__ = ["read"]

_CHUNK_BYTES = 8 << 20
_OTHER, _BLANK, _NEWLINE, _COLON = 0, 1, 2, 3
_KINDS = bytes({32: _BLANK, 9: _BLANK, 13: _BLANK, 10: _NEWLINE, 58: _COLON}.get(byte, _OTHER) for byte in range(256))
_TO_BLANKS = bytes.maketrans(b":\n\t\r", b"    ")
#: A sign that begins a number.
_PLUS = re.compile(rb"(?<![0-9.eE])\+(?=[0-9.])")
_QID, _QID_INDEX = b"qid:", b"-1:"
#: XGBoost itself keeps indices in 32 bits.
_MOST_COLUMNS = 2**31 - 1


class _OddError(Exception):
    """The quick way does not understand a chunk; the careful one reads it, or says what is wrong with it."""


class _Cells(NamedTuple):
    """What the lines of a chunk say.

    Args:
        labels: One a line.
        weights: One a line, or none at all.
        groups: One a line, or none at all.
        counts: How many cells each line has.
        columns: Of each cell.
        values: Of each cell.
    """

    labels: Numbers
    weights: Numbers
    groups: Numbers
    counts: NDArray[np.integer[Any]]
    columns: Numbers
    values: Numbers


def read(paths: Sequence[Path]) -> Rows:
    """Read libsvm files.

    Args:
        paths: The files, with at least one row among them.

    Returns:
        Sparse rows, as many columns as the largest index needs.

    Raises:
        ChannelDataError: A line cannot be read; it names file, line and item.
    """
    parts = [(path, part) for path in paths for part in _parts(path)]
    if not parts:
        raise ChannelDataError(paths[0], "no row in it, only blank lines and comments")
    for name in ("weights", "groups"):
        first = getattr(parts[0][1], name) is None
        for path, part in parts:
            if (getattr(part, name) is None) != first:
                said = {"weights": "label:weight", "groups": "qid"}[name]
                raise ChannelDataError(path, f"only some lines of the channel have {said}; all or none must")
    return joined([part for _, part in parts]).grouped()


def _parts(path: Path) -> Iterator[Rows]:
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            chunk += file.readline()
            try:
                cells = _quickly(chunk)
            except _OddError:
                cells = _Cells(*libsvm_lines.read(path, chunk, line))
            if cells.labels.size:
                yield _rows(path, cells)
            line += chunk.count(b"\n")


def _rows(path: Path, cells: _Cells) -> Rows:
    import numpy as np
    import scipy.sparse

    width = int(cells.columns.max(initial=-1)) + 1
    if width > _MOST_COLUMNS:
        raise ChannelDataError(path, f"an index is {width - 1}; it must be below {_MOST_COLUMNS}")
    bounds = np.concatenate([[0], np.cumsum(cells.counts)])
    parts = (cells.values.astype(np.float32), cells.columns.astype(np.int32), bounds)
    features = scipy.sparse.csr_matrix(parts, shape=(len(cells.labels), width))
    weights = cells.weights.astype(np.float32) if cells.weights.size else None
    groups = cells.groups.astype(np.int64) if cells.groups.size else None
    return Rows(features, cells.labels.astype(np.float32), weights, groups)


def _quickly(chunk: bytes) -> _Cells:
    """Read all numbers of a chunk at once, and tell by what stands before each what it is."""
    import numpy as np

    if b"#" in chunk or b"-1:" in chunk:
        raise _OddError
    kinds, starts = _starts(chunk := chunk.replace(_QID, _QID_INDEX))
    numbers = _numbers(chunk, starts)
    valued = kinds[starts] == _COLON
    first = np.zeros(len(starts) + 1, np.bool_)  # one more for the newline at the end, which no number follows
    first[np.searchsorted(starts, np.flatnonzero(kinds == _NEWLINE))] = True
    first = first[:-1]
    weight = np.concatenate([[False], first[:-1]]) & valued
    cells = np.flatnonzero(~(first | weight))
    indices, values = cells[0::2], cells[1::2]
    if valued[first].any() or len(indices) != len(values) or valued[indices].any() or not valued[values].all():
        raise _OddError
    index, value, row = numbers[indices], numbers[values], np.cumsum(first)[indices] - 1
    grouped = index == -1
    cell = ~grouped
    rows = row[cell]
    found = _Cells(
        numbers[first],
        numbers[weight],
        value[grouped],
        np.bincount(rows, minlength=int(first.sum())),
        index[cell],
        value[cell],
    )
    _check(found, rows, row[grouped])
    return found


def _starts(chunk: bytes) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Tell of each byte whether the one before it is of a number or what it is between two, and where numbers begin."""
    import numpy as np

    # Between two newlines, so that each byte has neighbours.
    kinds = np.frombuffer((b"\n" + chunk + b"\n").translate(_KINDS), np.uint8)
    colons = np.flatnonzero(kinds == _COLON)
    if kinds[colons - 1].any() or kinds[colons + 1].any():
        raise _OddError
    inside = kinds == _OTHER
    return kinds, np.flatnonzero(inside[1:] > inside[:-1])


def _numbers(chunk: bytes, starts: NDArray[np.intp]) -> Numbers:
    """Read the numbers that begin at some places; Arrow does it in a quarter of numpy's time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    bounds = pa.py_buffer(np.append(starts, len(chunk)).astype(np.int32))
    # Arrow takes "1e+5" for a number, and "+1", as labels are often written, for none.
    unsigned = _PLUS.sub(b" ", chunk) if b"+" in chunk else chunk
    text = pa.py_buffer(unsigned.translate(_TO_BLANKS))
    texts = pc.ascii_trim(pa.StringArray.from_buffers(len(starts), bounds, text), " ")
    try:
        numbers: Numbers = pc.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise _OddError from error
    return numbers


def _check(cells: _Cells, rows: NDArray[np.integer[Any]], grouped: NDArray[np.integer[Any]]) -> None:
    """Leave to the careful way whatever is wrong: it knows the line."""
    import numpy as np

    count = len(cells.labels)
    whole = (cells.columns == np.floor(cells.columns)).all() and (cells.columns >= 0).all()
    finite = all(np.isfinite(numbers).all() for numbers in (cells.labels, cells.weights, cells.groups))
    ascending = ((np.diff(cells.columns) > 0) | (np.diff(rows) > 0)).all()
    partly = cells.weights.size not in (0, count) or not (grouped.size == 0 or np.array_equal(grouped, range(count)))
    if not (whole and finite and ascending) or partly or (cells.weights < 0).any() or np.isinf(cells.values).any():
        raise _OddError
