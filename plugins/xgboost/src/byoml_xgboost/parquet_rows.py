"""Parquet of a channel: the label in the first column, every column of numbers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError

from byoml_xgboost.training_rows import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read"]

_MARK = b"PAR1"
#: Where, in Pipe mode, one file ends and the next begins.
_SEAM = re.compile(rb"(?<=PAR1)(?=PAR1)")
_LEAST_COLUMNS = 2


def read(paths: Sequence[Path]) -> Rows:
    """Read Parquet files.

    Args:
        paths: The files; one may hold several, one after the other.

    Returns:
        Dense rows; null is a missing value.

    Raises:
        ChannelDataError: A file is no Parquet, or has a column that is no number, a label that is missing, or another
            number of columns.
    """
    parts = [(path, _rows(path, table)) for path in paths for table in _tables(path)]
    width = parts[0][1].width
    for path, part in parts:
        if part.width != width:
            raise ChannelDataError(path, f"{part.width + 1} columns, but {parts[0][0]} has {width + 1}")
    return joined([part for _, part in parts])


def _tables(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = path.read_bytes()
    for body in _SEAM.split(content) if content.startswith(_MARK) else [content]:
        try:
            yield _without_index(pq.read_table(io.BytesIO(body)))
        except (pa.ArrowException, OSError) as error:
            raise ChannelDataError(path, f"not Parquet: {' '.join(str(error).split())}") from None


def _without_index(table: Any) -> Any:
    """Leave out the columns that pandas keeps its index in."""
    said = (table.schema.pandas_metadata or {}).get("index_columns", ())
    return table.drop_columns([name for name in said if isinstance(name, str) and name in table.column_names])


def _rows(path: Path, table: Any) -> Rows:
    import numpy as np

    if table.num_columns < _LEAST_COLUMNS:
        raise ChannelDataError(path, f"{table.num_columns} columns; the first is the label, the others are features")
    columns = [_numbers(path, name, column) for name, column in zip(table.column_names, table.columns, strict=True)]
    labels, features = columns[0], np.column_stack(columns[1:])
    if not np.isfinite(labels).all():
        row = int((~np.isfinite(labels)).argmax()) + 1
        raise ChannelDataError(path, f"row {row}: the label, in column {table.column_names[0]!r}, is missing")
    if np.isinf(features).any():
        row, column = (int(place) for place in np.argwhere(np.isinf(features))[0])
        found = f"row {row + 1}: column {table.column_names[column + 1]!r} is not finite"
        raise ChannelDataError(path, f"{found}; null is a missing value")
    return Rows(features, labels)


def _numbers(path: Path, name: str, column: Any) -> NDArray[Any]:
    """Turn a column into float32; null becomes NaN."""
    import pyarrow as pa

    types = pa.types
    kind = column.type
    if not any(test(kind) for test in (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)):
        raise ChannelDataError(path, f"column {name!r} is {kind}; every column must be of numbers")
    if types.is_boolean(kind):
        column = column.cast(pa.int8())
    array: NDArray[Any] = column.cast(pa.float32(), safe=False).to_numpy()
    return array
