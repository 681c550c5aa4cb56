"""Tables of a channel: CSV files with the label first and no header, read into labels and features."""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass
from math import isinf, isnan, nan
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Table", "read_csv"]

_NO_HEADER = "; the file must have no header line"


@dataclass(frozen=True)
class Table:
    """Rows of examples.

    Args:
        labels: One a row: numbers, or texts where those were allowed and found.
        features: Rows by columns; an empty cell is NaN.
    """

    labels: NDArray[Any]
    features: NDArray[np.floating[Any]]


def read_csv(paths: Sequence[Path], dtype: str = "float32", *, text_labels: bool = False) -> Table:
    """Read CSV files as one table: comma-separated, the label in the first column, no header.

    Args:
        paths: The files, at least one; those without a row are passed over.
        dtype: Of the features, and of labels that are numbers.
        text_labels: Labels may be texts; they are where the very first one is no number.

    Returns:
        The rows of all files.

    Raises:
        ChannelDataError: Something is not as it should be; it names file, line and column.
    """
    import numpy as np

    filled = [path for path in paths if _first_row(path)]
    if not filled:
        raise ChannelDataError(paths[0], f"no row in {'it' if len(paths) == 1 else f'any of {len(paths)} files'}")
    texts = text_labels and _number(_first_row(filled[0])[0]) is None
    tables = [_read(path, dtype, texts=texts) for path in filled]
    width = tables[0].features.shape[1]
    for path, table in zip(filled, tables, strict=True):
        if table.features.shape[1] != width:
            raise ChannelDataError(path, _ragged(table.features.shape[1] + 1, width + 1, f"{filled[0]} has"), 1)
    return Table(
        np.concatenate([table.labels for table in tables]), np.concatenate([table.features for table in tables])
    )


def _read(path: Path, dtype: str, *, texts: bool) -> Table:
    """Let numpy read what it can; what it cannot is read row by row, which fills empty cells or finds the bad one."""
    import numpy as np

    if texts:
        return _read_carefully(path, dtype, texts=True)
    try:
        # As a text, not a Path: numpy then reads in large pieces.
        table = np.loadtxt(str(path), dtype=dtype, delimiter=",", comments=None, ndmin=2, encoding="utf-8")
    except ValueError:
        return _read_carefully(path, dtype, texts=False)
    labels, features = table[:, 0], table[:, 1:]
    if not features.shape[1] or not np.isfinite(labels).all() or np.isinf(features).any():
        return _read_carefully(path, dtype, texts=False)
    return Table(labels, features)


def _read_carefully(path: Path, dtype: str, *, texts: bool) -> Table:
    import numpy as np

    labels: list[Any] = []
    cells = array("d")
    width = 0
    for line, row in _rows(path):
        width = width or len(row)
        if len(row) != width:
            raise ChannelDataError(path, _ragged(len(row), width, "the lines before it have"), line)
        labels.append(_label(path, line, row[0], texts=texts))
        cells.extend(_feature(path, line, column, cell) for column, cell in enumerate(row[1:], 2))
    if width == 1:
        raise ChannelDataError(path, "only one column found; a line is the label, then features, with commas")
    features = np.array(cells, dtype=dtype).reshape(len(labels), width - 1)
    return Table(np.array(labels, dtype=str if texts else dtype), features)


def _ragged(found: int, wanted: int, where: str) -> str:
    return f"{found} columns, but {where} {wanted}"


def _first_row(path: Path) -> list[str]:
    return next((row for _, row in _rows(path)), [])


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank, with the number of its line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            for row in reader:
                if any(cell.strip() for cell in row) or len(row) > 1:
                    yield reader.line_num, row
        except csv.Error as error:
            raise ChannelDataError(path, f"not CSV: {error}", reader.line_num) from None
        except UnicodeDecodeError as error:
            raise ChannelDataError(path, f"not UTF-8 text: {error.reason}", reader.line_num + 1) from None


def _label(path: Path, line: int, text: str, *, texts: bool) -> str | float:
    value = text.strip() if texts else _number(text)
    if value is None:
        hint = _NO_HEADER if line == 1 else ""
        raise ChannelDataError(path, f"the label {text!r} is not a number{hint}", line, 1)
    if value == "" or (isinstance(value, float) and isnan(value)):
        raise ChannelDataError(path, "the label is missing; it stands in the first column", line, 1)
    if isinstance(value, float) and isinf(value):
        raise ChannelDataError(path, f"the label {text!r} is not finite", line, 1)
    return value


def _feature(path: Path, line: int, column: int, text: str) -> float:
    value = _number(text)
    if value is None:
        raise ChannelDataError(path, f"{text!r} is not a number{_NO_HEADER if line == 1 else ''}", line, column)
    if isinf(value):
        raise ChannelDataError(path, f"{text!r} is not finite; an empty cell is a missing value", line, column)
    return value


def _number(text: str) -> float | None:
    """Read a cell; an empty one is NaN, None stands for what is no number."""
    text = text.strip()
    if not text:
        return nan
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
