"""`text/libsvm`: a label and `index:value` pairs a line; what a line does not say is absent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from byoml.codecs.codec import Codec
from byoml.codecs.text import decode_text
from byoml.codecs.width import width_of
from byoml.request_errors import MalformedPayload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["LibsvmCodec", "read_libsvm"]

_TYPE = "text/libsvm"
_QID = "qid:"
_INDEXING = {"0": 0, "1": 1}
_ABSENT = {"nan": np.nan, "0": 0.0}
_LABELS = ("0", "1")
#: A line of a few bytes can name any index: 512 MiB of float32.
_MOST_CELLS = 2**27


class LibsvmCodec(Codec):
    """Reads a row of float32 for each line, also for one that is blank or a label alone; absent cells are NaN.

    Labels, their weights and `qid:` are passed over. Indices count from 0, as XGBoost's training reads them, whatever
    the request holds: `indexing=1` counts from 1. There are as many columns as the request's largest index needs, or
    as the parameter `width` says. `absent=0` fills absent cells with 0. A line's first item is a label if it has no
    colon; `label_size=1` says that it always is one, as in `label:weight`, `label_size=0` that it never is.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE, "text/x-libsvm")
    encodes: ClassVar[bool] = False

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> NDArray[np.float32]:
        text = decode_text(body, parameters, _TYPE)
        return read_libsvm(
            text,
            width=width_of(parameters, _TYPE),
            first_index=_INDEXING[_choice(parameters, "indexing", "0", _INDEXING)],
            absent=_ABSENT[_choice(parameters, "absent", "nan", _ABSENT)],
            label=_choice(parameters, "label_size", "1", _LABELS) == "1" if "label_size" in parameters else None,
        )


def _choice(
    parameters: Mapping[str, str], name: str, default: str, allowed: Mapping[str, object] | tuple[str, ...]
) -> str:
    value = parameters.get(name, default).lower()
    if value not in allowed:
        raise _wrong(name, value, " or ".join(allowed))
    return value


def _wrong(name: str, value: str, allowed: str) -> MalformedPayload:
    return MalformedPayload(_TYPE, f"the parameter {name} of the content type is {value!r}; it must be {allowed}")


@dataclass
class _Cells:
    """What all lines say, in their order."""

    first_index: int
    label: bool | None
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, line: str, number: int) -> None:
        """Read one line; an index may come once, so that a `label:weight` taken for a cell is seldom overlooked."""
        items = line.partition("#")[0].split()
        labelled = bool(items) and (":" not in items[0] if self.label is None else self.label)
        before = len(self.columns)
        for place, item in enumerate(items[labelled:], 1 + labelled):
            if not item.startswith(_QID):
                self._cell(item, number, place)
        if len(set(self.columns[before:])) != len(self.columns) - before:
            hint = "label_size=1 in the content type says that lines begin with label:weight"
            raise MalformedPayload(_TYPE, f"an index comes twice; {hint}", number)

    def _cell(self, item: str, number: int, place: int) -> None:
        index, colon, value = item.partition(":")
        try:
            if not colon or "_" in item or not item.isascii():
                raise ValueError  # noqa: TRY301  as what Python takes for no number, below
            column = int(index) - self.first_index
            self.values.append(float(value))
        except ValueError:
            raise MalformedPayload(_TYPE, f"{item[:50]!r} is not index:value", number, place) from None
        if column < 0:
            raise MalformedPayload(_TYPE, f"index {index} is below {self.first_index}", number, place)
        self.rows.append(number - 1)
        self.columns.append(column)


def read_libsvm(
    text: str,
    *,
    width: int | None = None,
    first_index: int = 0,
    absent: float = np.nan,
    label: bool | None = None,
) -> NDArray[np.float32]:
    """Read lines of libsvm; plugins that know the model's width call it themselves.

    Args:
        text: The lines; the last may lack its end.
        width: How many columns there are; None for as many as the largest index needs.
        first_index: 0 or 1, the index of the first column.
        absent: What stands where a line says nothing.
        label: Whether the first item of a line is its label; None: if it has no colon.

    Returns:
        A row for each line.

    Raises:
        MalformedPayload: A line cannot be read, or has an index that the width has no room for.
    """
    if not text:
        raise MalformedPayload(_TYPE, "there is no row")
    lines = text.removesuffix("\n").split("\n")
    cells = _Cells(first_index, label)
    for number, line in enumerate(lines, 1):
        cells.add(line, number)
    needed = max(cells.columns, default=-1) + 1
    columns = needed if width is None else width
    if needed > columns:
        row = cells.rows[cells.columns.index(needed - 1)] + 1
        raise MalformedPayload(_TYPE, f"index {needed - 1 + first_index} is beyond a width of {columns}", row)
    if not columns:
        raise MalformedPayload(_TYPE, "no row has a feature; the parameter width of the content type says how many")
    if columns * len(lines) > _MOST_CELLS:
        raise MalformedPayload(_TYPE, f"{len(lines)} rows of {columns} columns are more than {_MOST_CELLS} cells")
    table = np.full((len(lines), columns), absent, np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        table[cells.rows, cells.columns] = cells.values
    return table
