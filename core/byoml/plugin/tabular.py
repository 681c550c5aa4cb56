"""Tables of a channel: CSV files with the label first, read into labels and features; and their rows and cells."""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass, replace
from itertools import islice
from math import isinf, isnan, nan
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Table", "csv_number", "csv_rows", "read_csv"]

_NO_HEADER = "; the file must have no header line"
_COMMA = ","


@dataclass(frozen=True)
class Table:
    """Rows of examples.

    Args:
        labels: One a row: numbers, or texts where those were allowed and found.
        features: Rows by columns; an empty cell is NaN.
    """

    labels: NDArray[Any]
    features: NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Form:
    """How files are written and read.

    Args:
        dtype: Of the numbers.
        texts: Whether labels are texts.
        delimiter: Between cells.
        header: Whether each file's first row is names.
    """

    dtype: str
    texts: bool
    delimiter: str
    header: bool

    @property
    def hint(self) -> str:
        return "" if self.header else _NO_HEADER


def read_csv(
    paths: Sequence[Path],
    dtype: str = "float32",
    *,
    text_labels: bool = False,
    delimiter: str = _COMMA,
    header: bool = False,
) -> Table:
    """Read CSV files as one table, the label in the first column.

    Args:
        paths: The files, at least one; those without a row are passed over.
        dtype: Of the features, and of labels that are numbers.
        text_labels: Labels may be texts; they are where the very first one is no number.
        delimiter: What stands between cells; a blank stands for any number of blanks.
        header: Whether each file begins with a line of names, which is passed over.

    Returns:
        The rows of all files.

    Raises:
        ChannelDataError: Something is not as it should be; it names file, line and column.
    """
    import numpy as np

    form = _Form(dtype, texts=False, delimiter=delimiter, header=header)
    filled = [path for path in paths if _first_row(path, form)]
    if not filled:
        raise ChannelDataError(paths[0], f"no row in {'it' if len(paths) == 1 else f'any of {len(paths)} files'}")
    form = replace(form, texts=text_labels and csv_number(_first_row(filled[0], form)[0]) is None)
    tables = [_read(path, form) for path in filled]
    width = tables[0].features.shape[1]
    for path, table in zip(filled, tables, strict=True):
        if table.features.shape[1] != width:
            raise ChannelDataError(path, _ragged(table.features.shape[1] + 1, width + 1, f"{filled[0]} has"), 1)
    return Table(
        np.concatenate([table.labels for table in tables]), np.concatenate([table.features for table in tables])
    )


def _read(path: Path, form: _Form) -> Table:
    """Let numpy read what it can; what it cannot is read row by row, which fills empty cells or finds the bad one."""
    import numpy as np

    if form.texts:
        return _read_carefully(path, form)
    delimiter = None if form.delimiter == " " else form.delimiter
    try:
        # As a text, not a Path: numpy then reads in large pieces.
        table = np.loadtxt(
            str(path),
            dtype=form.dtype,
            delimiter=delimiter,
            comments=None,
            skiprows=int(form.header),
            ndmin=2,
            encoding="utf-8",
        )
    except ValueError:
        return _read_carefully(path, form)
    labels, features = table[:, 0], table[:, 1:]
    if not features.shape[1] or not np.isfinite(labels).all() or np.isinf(features).any():
        return _read_carefully(path, form)
    return Table(labels, features)


def _read_carefully(path: Path, form: _Form) -> Table:
    import numpy as np

    labels: list[Any] = []
    cells = array("d")
    width = 0
    for line, row in _rows(path, form):
        width = width or len(row)
        if len(row) != width:
            raise ChannelDataError(path, _ragged(len(row), width, "the lines before it have"), line)
        labels.append(_label(path, line, row[0], form))
        cells.extend(_feature(path, line, column, cell, form) for column, cell in enumerate(row[1:], 2))
    if width == 1:
        between = "commas" if form.delimiter == _COMMA else repr(form.delimiter)
        raise ChannelDataError(path, f"only one column found; a line is the label, then features, with {between}")
    features = np.array(cells, dtype=form.dtype).reshape(len(labels), width - 1)
    return Table(np.array(labels, dtype=str if form.texts else form.dtype), features)


def _ragged(found: int, wanted: int, where: str) -> str:
    return f"{found} columns, but {where} {wanted}"


def _first_row(path: Path, form: _Form) -> list[str]:
    return next((row for _, row in _rows(path, form)), [])


def _rows(path: Path, form: _Form) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not the header."""
    return islice(csv_rows(path, form.delimiter), int(form.header), None)


def csv_rows(path: Path, delimiter: str = _COMMA) -> Iterator[tuple[int, list[str]]]:
    """Give each row of a file that is not blank, with the number of its line.

    Args:
        path: The file, UTF-8.
        delimiter: What stands between cells; a blank stands for any number of blanks.

    Yields:
        The number of the line that the row ends in, and its cells.

    Raises:
        ChannelDataError: It is not CSV, or not UTF-8.
    """
    blanks = delimiter == " "
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = (line.strip() for line in file) if blanks else file
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=blanks, strict=True)
        try:
            for row in reader:
                if any(cell.strip() for cell in row) or len(row) > 1:
                    yield reader.line_num, row
        except csv.Error as error:
            raise ChannelDataError(path, f"not CSV: {error}", reader.line_num) from None
        except UnicodeDecodeError as error:
            raise ChannelDataError(path, f"not UTF-8 text: {error.reason}", reader.line_num + 1) from None


def _label(path: Path, line: int, text: str, form: _Form) -> str | float:
    value = text.strip() if form.texts else csv_number(text)
    if value is None:
        hint = form.hint if line == 1 else ""
        raise ChannelDataError(path, f"the label {text!r} is not a number{hint}", line, 1)
    if value == "" or (isinstance(value, float) and isnan(value)):
        raise ChannelDataError(path, "the label is missing; it stands in the first column", line, 1)
    if isinstance(value, float) and isinf(value):
        raise ChannelDataError(path, f"the label {text!r} is not finite", line, 1)
    return value


def _feature(path: Path, line: int, column: int, text: str, form: _Form) -> float:
    value = csv_number(text)
    if value is None:
        raise ChannelDataError(path, f"{text!r} is not a number{form.hint if line == 1 else ''}", line, column)
    if isinf(value):
        raise ChannelDataError(path, f"{text!r} is not finite; an empty cell is a missing value", line, column)
    return value


def csv_number(text: str) -> float | None:
    """Read a cell; an empty one is NaN, None stands for what is no number."""
    text = text.strip()
    if not text:
        return nan
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
