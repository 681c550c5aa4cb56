"""libsvm read line by line: for comments and indices in any order, and to find the line that is wrong."""

from __future__ import annotations

from math import isfinite, isinf
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read"]


def read(path: Path, chunk: bytes, first: int) -> tuple[NDArray[Any], ...]:
    """Read whole lines.

    Args:
        path: Their file.
        chunk: The lines.
        first: The number of the first one in the file.

    Returns:
        Labels, weights, groups, how many cells each line has, their columns in ascending order, and their values.

    Raises:
        ChannelDataError: A line cannot be read.
    """
    import numpy as np

    found = _Found(path)
    for number, line in enumerate(chunk.split(b"\n"), first):
        items = line.partition(b"#")[0].decode("ascii", errors="replace").split()
        if items:
            found.take(number, items)
    for name, count in (("a weight", len(found.weights)), ("a qid", len(found.groups))):
        if count not in (0, len(found.labels)):
            raise ChannelDataError(path, f"only some lines have {name}; all or none must", first)
    said = (found.labels, found.weights, found.groups, found.counts, found.columns, found.values)
    return tuple(np.array(numbers, np.int64 if numbers is found.counts else np.float64) for numbers in said)


class _Found:
    """What the lines said so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.labels: list[float] = []
        self.weights: list[float] = []
        self.groups: list[float] = []
        self.counts: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []

    def take(self, line: int, items: list[str]) -> None:
        label, colon, weight = items[0].partition(":")
        self.labels.append(self._label(line, label))
        if colon:
            self.weights.append(self._weight(line, weight))
        cells: dict[int, float] = {}
        for place, item in enumerate(items[1:], 2):
            if item.startswith("qid:") and place == 2:  # noqa: PLR2004  right behind the label
                self.groups.append(self._whole(line, place, item, item[4:]))
            else:
                index, value = self._cell(line, place, item)
                if index in cells:
                    raise ChannelDataError(self._path, f"index {index} comes twice", line, place)
                cells[index] = value
        self.counts.append(len(cells))
        self.columns += sorted(cells)
        self.values += [cells[column] for column in sorted(cells)]

    def _label(self, line: int, text: str) -> float:
        value = _number(text)
        if value is None or not isfinite(value):
            raise ChannelDataError(self._path, f"the label {text[:50]!r} is no number; a line begins with one", line, 1)
        return value

    def _weight(self, line: int, text: str) -> float:
        value = _number(text)
        if value is None or not isfinite(value) or value < 0:
            found = f"the weight {text[:50]!r} is no number of at least 0"
            raise ChannelDataError(self._path, f"{found}; a line begins with label or label:weight", line, 1)
        return value

    def _cell(self, line: int, place: int, item: str) -> tuple[int, float]:
        index, colon, text = item.partition(":")
        value = _number(text)
        if not colon or value is None:
            problem = f"{item[:50]!r} is not index:value"
            raise ChannelDataError(self._path, f"{problem}; the data of the channel must be libsvm", line, place)
        if isinf(value):
            raise ChannelDataError(self._path, f"the value {text!r} is not finite", line, place)
        return self._whole(line, place, item, index), value

    def _whole(self, line: int, place: int, item: str, text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise ChannelDataError(self._path, f"{item[:50]!r}: {text[:50]!r} is no whole number from 0", line, place)
        return int(text)


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
