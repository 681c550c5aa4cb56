"""CSV of a channel: the label first, then the weight where there is one, then the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin.channel_files import ChannelDataError
from byoml.plugin.tabular import read_csv

from byoml_xgboost.errors import ContentTypeParameterError
from byoml_xgboost.training_rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read"]

_COMMA = ","
_DELIMITERS = (_COMMA, "\t", ";", "|", " ")
_NAMED = {"comma": _COMMA, "tab": "\t", "semicolon": ";", "bar": "|", "space": " "}
_FIRST_LINE_BYTES = 1 << 20


def read(paths: Sequence[Path], parameters: Mapping[str, str], *, weighted: bool) -> Rows:
    """Read CSV files.

    Args:
        paths: The files, with at least one row among them.
        parameters: Of the content type: `label_size` may be 1, `header` present or absent, `delimiter` a character or
            its name. Where it is not said, the first line of the first file shows it.
        weighted: Whether the second column is the weight of each row.

    Returns:
        Dense rows.

    Raises:
        ContentTypeParameterError: A parameter cannot be used.
        ChannelDataError: A file is not as it should be.
    """
    header = _choice(parameters, "header", ("absent", "present")) == "present"
    _choice(parameters, "label_size", ("1",))
    said = parameters.get("delimiter")
    delimiter = _delimiter_of(paths[0], header=header) if said is None else _NAMED.get(said, said)
    if delimiter not in _DELIMITERS:
        raise ContentTypeParameterError("text/csv", "delimiter", delimiter, _NAMED)
    table = read_csv(paths, delimiter=delimiter, header=header)
    if not weighted:
        return Rows(table.features, table.labels)
    if table.features.shape[1] == 1:
        raise ChannelDataError(paths[0], "only two columns found, and csv_weights is 1: no feature is left")
    return Rows(table.features[:, 1:], table.labels, _checked_weights(paths[0], table.features[:, 0]))


def _choice(parameters: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    value = parameters.get(name, allowed[0]).lower()
    if value not in allowed:
        raise ContentTypeParameterError("text/csv", name, value, allowed)
    return value


def _delimiter_of(path: Path, *, header: bool) -> str:
    """Take the first delimiter that makes numbers of a line; where none does, the comma, and the error names a cell."""
    with path.open("rb") as file:
        lines = file.read(_FIRST_LINE_BYTES).decode("utf-8-sig", errors="replace").split("\n")
    filled = [line.strip("\r ") for line in lines if line.strip()]
    line = next(iter(filled[header:]), "")
    for delimiter in _DELIMITERS:
        cells = line.split(None if delimiter == " " else delimiter)
        if len(cells) > 1 and all(_is_number(cell) for cell in cells):
            return delimiter
    return _COMMA


def _is_number(cell: str) -> bool:
    cell = cell.strip(' "')
    try:
        return not cell or float(cell) is not None
    except ValueError:
        return False


def _checked_weights(path: Path, weights: NDArray[np.floating]) -> NDArray[np.floating]:
    bad = ~(weights >= 0)
    if bad.any():
        row = int(bad.argmax())
        found = f"row {row + 1} of the channel has the weight {weights[row]:g}"
        raise ChannelDataError(path, f"{found}; with csv_weights=1 the second column is a number of at least 0")
    return weights
