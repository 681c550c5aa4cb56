"""The data of a channel, as rows: which of its files count, and who reads them."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.codecs.media_type import parse_media_type
from byoml.environment.channels import data_files
from byoml.plugin.channel_files import ChannelKindError, kind_of

from byoml_xgboost import csv_rows, libsvm_rows, parquet_rows, recordio_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from byoml.environment.channels import Channel

    from byoml_xgboost.training_rows import Rows

__all__ = ["KINDS", "load", "read_files"]

KINDS = ("csv", "libsvm", "parquet", "recordio-protobuf")
_LOOK_BYTES = 1 << 16
_PIPE = "Pipe"


def load(channel: Channel, *, weighted: bool = False) -> Rows | None:
    """Load a channel.

    Args:
        channel: The channel; its content type says what it holds, else its first file does. In Pipe mode the first
            epoch is read.
        weighted: Whether the second column of CSV is the weight of each row.

    Returns:
        Its rows; None where it has none, as may be on one of several hosts.

    Raises:
        ChannelKindError: It holds a kind of data that is not read here.
        ContentTypeParameterError: A parameter of its content type cannot be used.
        ChannelDataError: A file is not as it should be; it names file, line and column.
        PipeAbsentError: The fifo of Pipe mode did not appear.
    """
    if channel.mode != _PIPE:
        return read_files(channel, data_files(channel.path), weighted=weighted)
    with _spooled(channel) as path:
        return read_files(replace(channel, mode="File"), [path], weighted=weighted)


def read_files(channel: Channel, files: Sequence[Path], *, weighted: bool = False) -> Rows | None:
    """Read some files of a channel.

    Args:
        channel: The channel, not in Pipe mode.
        files: The files; those without content are passed over.
        weighted: As in `load`.

    Returns:
        As `load`.

    Raises:
        ConfigurationError: As `load`.
    """
    filled = [path for path in files if _has_content(path)]
    if not filled:
        return None
    kind = kind_of(channel, filled[0])
    parameters = parse_media_type(channel.content_type).parameters if channel.content_type else {}
    if kind == "csv":
        return csv_rows.read(filled, parameters, weighted=weighted)
    if kind == "libsvm":
        return libsvm_rows.read(filled)
    if kind == "parquet":
        return parquet_rows.read(filled)
    if kind == "recordio-protobuf":
        return recordio_rows.read(filled)
    raise ChannelKindError(channel.name, kind, KINDS)


def _has_content(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_LOOK_BYTES)
    return len(head) == _LOOK_BYTES or bool(head.strip())


@contextmanager
def _spooled(channel: Channel) -> Iterator[Path]:
    """Keep what a pipe brings in a file, as errors are found by reading twice."""
    from byoml.job.pipe import ChannelReader

    with tempfile.TemporaryDirectory(prefix="byoml-xgboost-") as folder:
        path = Path(folder) / f"{channel.name}_0"
        with path.open("wb") as file:
            file.writelines(ChannelReader(channel, timeout=600).chunks())
        yield path
