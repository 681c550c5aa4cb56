"""A channel as scikit-learn takes it: features and labels, and which of the features are texts."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import parse_media_type
from byoml.plugin.algorithm import HyperparameterError, Problem
from byoml.plugin.channel_files import ChannelDataError, ChannelKindError, files_of, kind_of

from byoml_sklearn.table import first_row, read_columns, wanted_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from byoml.environment.channels import Channel
    from numpy.typing import NDArray

    from byoml_sklearn.hyperparameters import Settings
    from byoml_sklearn.table import Columns

__all__ = ["Examples", "read_examples"]


@dataclass(frozen=True)
class Examples:
    """Rows of examples.

    Args:
        features: float64, rows by columns; a pandas DataFrame where there are names or texts.
        labels: One a row: whole numbers, numbers or texts; None where there are none.
        names: Of the features: the header's, or `column_N` by their place in the file.
        texts: Names of the features that hold texts.
        header: The file's whole header, None where there is none.
    """

    features: Any
    labels: NDArray[Any] | None
    names: tuple[str, ...]
    texts: tuple[str, ...]
    header: tuple[str, ...] | None

    def take(self, rows: NDArray[Any]) -> Examples:
        """Give some of the rows, by their numbers."""
        features = self.features.iloc[rows] if hasattr(self.features, "iloc") else self.features[rows]
        labels = None if self.labels is None else self.labels[rows]
        return Examples(features, labels, self.names, self.texts, self.header)


def read_examples(channel: Channel, settings: Settings, like: Examples | None = None) -> Examples:
    """Read a channel.

    Args:
        channel: A folder of CSV files.
        settings: Which column is the label, whether there is a header, which columns are categories.
        like: What the model is trained on; columns must be of the same names and kinds.

    Returns:
        Its rows.

    Raises:
        ConfigurationError: The data is not as it should be, or has no column that a hyperparameter names.
    """
    files = _filled(channel)
    width = len(first_row(files[0]))
    if width == 1 and settings.target is not None:
        told = "only one column found; a line is the label and its features, with commas between them"
        raise ChannelDataError(files[0], told)
    header = like.header if like else _wanted(channel, settings, files[0])
    target = None if settings.target is None else _index("target", settings.target, header, width)
    forced = {_index("categorical", column, header, width) for column in settings.categorical}
    names = header or tuple(f"column_{number}" for number in range(width))
    forced |= {number for number, name in enumerate(names) if like and name in like.texts}
    columns = read_columns(files, header, forced)
    return _examples(files[0], columns, names, target, like)


def _filled(channel: Channel) -> list[Path]:
    """List the channel's files that have a row."""
    files = files_of(channel)
    kind = kind_of(channel, files[0])
    if kind != "csv":
        raise ChannelKindError(channel.name, kind, ["csv"])
    filled = [path for path in files if first_row(path)]
    if not filled:
        found = "it" if len(files) == 1 else f"any of {len(files)} files"
        raise ChannelDataError(files[0], f"no row in {found}")
    return filled


def _wanted(channel: Channel, settings: Settings, path: Path) -> tuple[str, ...] | None:
    return wanted_header(path, header=_says(channel, settings), target=settings.target)


def _says(channel: Channel, settings: Settings) -> bool | None:
    """Tell whether there is a header: the hyperparameter says it, else the channel's content type."""
    if settings.header is not None or not channel.content_type:
        return settings.header
    said = parse_media_type(channel.content_type).parameters.get("header", "").lower()
    return {"present": True, "absent": False}.get(said)


def _index(key: str, column: str | int, header: tuple[str, ...] | None, width: int) -> int:
    """Find a column by its name, else by its number."""
    if header and str(column) in header:
        return header.index(str(column))
    if isinstance(column, int) and -width <= column < width:
        return column % width
    names = f"one of {', '.join(header)}, or " if header else ""
    allowed = f"{names}a number from 0 to {width - 1}" + ("" if header else "; the data has no header")
    raise HyperparameterError([Problem.value(key, column, allowed)])


def _examples(
    path: Path, columns: Columns, names: Sequence[str], target: int | None, like: Examples | None
) -> Examples:
    import numpy as np

    kept = [number for number in range(len(names)) if number != target]
    texts = tuple(names[number] for number in kept if columns.cells[number].dtype == object)
    surprising = [name for name in texts if like and name not in like.texts]
    if surprising:
        raise ChannelDataError(path, f"{', '.join(surprising)} has texts here, and numbers in the channel train")
    labels = None if target is None else _labels(columns, target)
    if columns.names is None and not texts:
        features: Any = np.column_stack([columns.cells[number] for number in kept])
    else:
        import pandas as pd

        features = pd.DataFrame({names[number]: columns.cells[number] for number in kept})
    return Examples(features, labels, tuple(names[number] for number in kept), texts, columns.names)


def _labels(columns: Columns, target: int) -> NDArray[Any]:
    """Give the labels, whole numbers as such, so that predictions read 1 and not 1.0."""
    labels = columns.cells[target]
    missing = [row for row, label in enumerate(labels.tolist()) if isinstance(label, float) and isnan(label)]
    if missing:
        path, line = columns.place(missing[0])
        raise ChannelDataError(path, "the label is missing", line, target + 1)
    if labels.dtype == object:
        return labels.astype(str)
    return labels.astype("int64") if (labels == labels.round()).all() else labels
