"""The data of a channel, as XGBoost trains on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin.channel_files import ChannelKindError, files_of, kind_of
from byoml.plugin.tabular import read_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import xgboost as xgb
    from byoml.environment.channels import Channel

__all__ = ["load"]


def load(channel: Channel, nthread: int | None = None) -> xgb.DMatrix:
    """Load a channel.

    Args:
        channel: The channel; what it holds decides its content type, else its first file.
        nthread: Threads that build the matrix; None: all.

    Returns:
        Features and labels; an empty cell is a missing value.

    Raises:
        ChannelKindError: It holds a kind of data that is not read here.
        ChannelDataError: A file is not as it should be; it names file, line and column.
    """
    files = files_of(channel)
    kind = kind_of(channel, files[0])
    reader = _READERS.get(kind)
    if reader is None:
        raise ChannelKindError(channel.name, kind, _READERS)
    return reader(files, nthread)


def _csv(files: Sequence[Path], nthread: int | None) -> xgb.DMatrix:
    import xgboost as xgb

    table = read_csv(files)
    return xgb.DMatrix(table.features, table.labels, nthread=nthread)


_READERS: dict[str, Callable[[Sequence[Path], int | None], xgb.DMatrix]] = {"csv": _csv}
