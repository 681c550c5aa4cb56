"""The files of a channel that a built-in algorithm reads, and what kind of data they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.codecs.media_type import parse_media_type
from byoml.environment.channels import data_files
from byoml.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from byoml.environment.channels import Channel

__all__ = ["ChannelDataError", "ChannelKindError", "files_of", "kind_of"]

_KINDS = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
    "application/vnd.apache.parquet": "parquet",
    "recordio-protobuf": "recordio-protobuf",
    "application/x-recordio-protobuf": "recordio-protobuf",
}
_SUFFIXES = {
    ".csv": "csv",
    ".libsvm": "libsvm",
    ".svm": "libsvm",
    ".parquet": "parquet",
    ".pb": "recordio-protobuf",
    ".pbr": "recordio-protobuf",
    ".recordio": "recordio-protobuf",
}
_MAGIC = {b"PAR1": "parquet", b"\x0a\x23\xd7\xce": "recordio-protobuf"}
_FIRST_LINE_BYTES = 64 * 1024


class ChannelDataError(ConfigurationError):
    """The data of a channel cannot be used.

    Args:
        path: The file or folder.
        problem: What was found there, and what would be right.
        line: One-based line, 0 where the problem has none.
        column: One-based column, 0 where the problem has none.
    """

    def __init__(self, path: Path, problem: str, line: int = 0, column: int = 0) -> None:
        place = f", line {line}" if line else ""
        place += f", column {column}" if column else ""
        super().__init__(f"{path}{place}: {problem}")


class ChannelKindError(ConfigurationError):
    """A channel holds a kind of data that the algorithm does not read."""

    def __init__(self, channel: str, kind: str, supported: Iterable[str]) -> None:
        super().__init__(
            f"channel {channel!r} holds {kind}, which this algorithm does not read; it reads {', '.join(supported)}. "
            "The channel's ContentType says what it holds; where it says nothing, the file's suffix or first line does"
        )


def files_of(channel: Channel) -> list[Path]:
    """List the files of a channel, nested ones too; names that start with "." or "_" are no data.

    Args:
        channel: The channel.

    Returns:
        At least one file, in the order of their paths.

    Raises:
        ChannelDataError: There is none, or the channel is a pipe.
    """
    if channel.mode == "Pipe":
        raise ChannelDataError(channel.path, "the channel is in Pipe mode; this algorithm reads File and FastFile mode")
    found = data_files(channel.path)
    if not found:
        raise ChannelDataError(channel.path, f"channel {channel.name!r} has no data file")
    return found


def kind_of(channel: Channel, first: Path) -> str:
    """Tell what kind of data a channel holds.

    Args:
        channel: The channel; its content type wins.
        first: Its first file, whose suffix and then first line count where the channel has no content type.

    Returns:
        `csv`, `libsvm`, `parquet`, `recordio-protobuf`, or a content type that is none of them.
    """
    if channel.content_type:
        essence = parse_media_type(channel.content_type).essence
        return _KINDS.get(essence, essence)
    return _SUFFIXES.get(first.suffix.lower()) or _look(first)


def _look(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_FIRST_LINE_BYTES)
    if head[:4] in _MAGIC:
        return _MAGIC[head[:4]]
    line = head.partition(b"\n")[0]
    if b"\0" in line:
        return "binary data"
    cells = line.split()
    return "libsvm" if len(cells) > 1 and b"," not in line and b":" in cells[1] else "csv"
