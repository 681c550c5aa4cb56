"""The CSV files of a channel as columns: of numbers or of texts, with the header's names where there is a header."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import isinf, nan
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError
from byoml.plugin.tabular import csv_number, csv_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Columns", "first_row", "read_columns", "wanted_header"]

_MIXED = (
    "; an empty cell is a missing value, and a column of categories that look like numbers is named in the "
    "hyperparameter categorical"
)


@dataclass(frozen=True)
class Columns:
    """All rows of a channel, column by column.

    Args:
        names: The header's, None where there is no header.
        cells: A column each: float64 with NaN for empty cells, or objects: texts, with NaN for empty cells.
        place: Tells file and line of a row, for errors.
    """

    names: tuple[str, ...] | None
    cells: tuple[NDArray[Any], ...]
    place: Callable[[int], tuple[Path, int]]


def first_row(path: Path) -> list[str]:
    """Give the first row that is not blank, an empty one where there is none."""
    return next((row for _, row in csv_rows(path)), [])


def wanted_header(path: Path, *, header: bool | None, target: str | int | None) -> tuple[str, ...] | None:
    """Tell the header of a file.

    Args:
        path: The file.
        header: Whether it has one; None: look. A first line without numbers above one with some is a header.
        target: The label's column; one that is named in the first line makes that line a header too.

    Returns:
        Its names, None where there is none.

    Raises:
        ChannelDataError: It cannot be told, or names a column twice.
    """
    first, second = [*islice(csv_rows(path), 2), (0, list[str]()), (0, list[str]())][:2]
    names = tuple(cell.strip() for cell in first[1])
    if header is False or not names:
        return None
    if header is None:
        if len(set(names)) < len(names) or any(csv_number(name) is not None for name in names):
            return None
        if target not in names and all(csv_number(cell) is None for cell in second[1]):
            told = "whether the first line is a header cannot be told: neither it nor the next has a number"
            raise ChannelDataError(path, f"{told}; set the hyperparameter header to true or false", first[0])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ChannelDataError(path, f"the header has {', '.join(map(repr, twice))} more than once", first[0])
    return names


def read_columns(paths: Sequence[Path], names: tuple[str, ...] | None, texts: Collection[int] = ()) -> Columns:
    """Read CSV files as one table.

    Args:
        paths: The files, each with a row.
        names: What the header of each must be, None: there is none.
        texts: Numbers of columns that are read as texts, whatever they hold.

    Returns:
        The columns.

    Raises:
        ChannelDataError: Something is not as it should be; it names file, line and column.
    """
    return (None if texts else _quick(paths, names)) or _careful(paths, names, texts)


def _quick(paths: Sequence[Path], names: tuple[str, ...] | None) -> Columns | None:
    """Let numpy read what holds finite numbers only; what it cannot is read row by row."""
    import numpy as np

    skip = 0 if names is None else 1
    parts = []
    for path in paths:
        try:
            if _header(path, names) != skip or not next(_data(path, names), None):
                return None
            # As a text, not a Path: numpy then reads in large pieces.
            part = np.loadtxt(str(path), "float64", None, ",", skiprows=skip, ndmin=2, encoding="utf-8-sig")
        except ValueError:
            return None
        parts.append(part)
    if len({part.shape[1] for part in parts}) != 1 or not all(np.isfinite(part).all() for part in parts):
        return None
    table = np.concatenate(parts)
    return Columns(names, tuple(table.T), lambda row: _place_of(paths, names, row)) if table.size else None


def _place_of(paths: Sequence[Path], names: tuple[str, ...] | None, row: int) -> tuple[Path, int]:
    for path in paths:
        lines = [line for line, _ in _data(path, names)]
        if row < len(lines):
            return path, lines[row]
        row -= len(lines)
    return paths[-1], 0


def _careful(paths: Sequence[Path], names: tuple[str, ...] | None, texts: Collection[int]) -> Columns:
    rows: list[list[str]] = []
    places: list[tuple[Path, int]] = []
    width = len(names) if names else 0
    for path in paths:
        for line, row in _data(path, names):
            width = width or len(row)
            if len(row) != width:
                where = "the header has" if names else "the lines before it have"
                raise ChannelDataError(path, f"{len(row)} columns, but {where} {width}", line)
            rows.append([cell.strip() for cell in row])
            places.append((path, line))
    if not rows:
        raise ChannelDataError(paths[0], f"no row below the header, in {len(paths)} file(s)")
    cells = zip(*rows, strict=True)
    values = tuple(_column(column, number, places, as_text=number in texts) for number, column in enumerate(cells))
    return Columns(names, values, places.__getitem__)


def _column(
    cells: Sequence[str], number: int, places: Sequence[tuple[Path, int]], *, as_text: bool
) -> NDArray[np.float64] | NDArray[np.object_]:
    """Make one column of its cells: all of them numbers, or none of them."""
    import numpy as np

    numbers = [csv_number(cell) for cell in cells]
    texts = any(cells) and all(value is None or not cell for value, cell in zip(numbers, cells, strict=True))
    if as_text or texts:
        return np.array([cell or nan for cell in cells], dtype=object)
    infinite = next((row for row, value in enumerate(numbers) if value is not None and isinf(value)), None)
    if infinite is not None:
        problem = f"{cells[infinite]!r} is not finite; an empty cell is a missing value"
        raise ChannelDataError(places[infinite][0], problem, places[infinite][1], number + 1)
    if None in numbers:
        row, problem = _odd_one(cells, numbers)
        raise ChannelDataError(places[row][0], problem + _MIXED, places[row][1], number + 1)
    return np.array(numbers, dtype="float64")


def _odd_one(cells: Sequence[str], numbers: Sequence[float | None]) -> tuple[int, str]:
    """Find the first cell that is not of the kind of those above it; returns its row and what is wrong."""
    filled = [(row, cells[row], value is None) for row, value in enumerate(numbers) if cells[row]]
    _, above, text = filled[0]
    row, cell, _ = next(one for one in filled if one[2] != text)
    if text:
        return row, f"{cell!r} is a number, and the column has texts above it, such as {above!r}"
    return row, f"{cell!r} is not a number, as the cells above it are"


def _header(path: Path, names: tuple[str, ...] | None) -> int:
    """Hold a file to the header that all have; returns the line that it ends in, 0 where there is none."""
    if names is None:
        return 0
    line, row = next(csv_rows(path), (0, []))
    found = tuple(cell.strip() for cell in row)
    if row and found != names:
        raise ChannelDataError(path, f"the header is {', '.join(found)}; it must be {', '.join(names)}", line)
    return line


def _data(path: Path, names: tuple[str, ...] | None) -> Iterator[tuple[int, list[str]]]:
    _header(path, names)
    return islice(csv_rows(path), 0 if names is None else 1, None)
