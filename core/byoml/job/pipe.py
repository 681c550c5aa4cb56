"""A channel's data as a stream: the same for Pipe, FastFile and File mode (contract/training 1.2, 1.4)."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from byoml.codecs.recordio import read_records
from byoml.environment.channels import channels_of, data_files
from byoml.environment.config_files import read_config
from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError
from byoml.job.errors import PipeAbsentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader
    from pathlib import Path

    from byoml.codecs.recordio_protobuf import Record
    from byoml.environment.channels import Channel

__all__ = ["ChannelReader", "channel"]

_PAUSE_SECONDS = 0.05
_CHUNK_BYTES = 1 << 20


class ChannelReader:
    """Reads a channel, one epoch with each call: in Pipe mode the epoch's fifo to its end, else all files again.

    A fifo has one reader: where there are several ranks on a host, only one of them may read a channel in Pipe mode.

    Args:
        source: The channel.
        timeout: Seconds to wait until an epoch's fifo appears.
    """

    def __init__(self, source: Channel, timeout: float) -> None:
        self._channel = source
        self._timeout = timeout
        #: How many epochs have been begun.
        self.epoch = 0

    @property
    def mode(self) -> str:
        """`Pipe`, `FastFile` or `File`."""
        return self._channel.mode

    def chunks(self, size: int = _CHUNK_BYTES) -> Iterator[bytes]:
        """Read an epoch as bytes.

        Args:
            size: The most bytes of one piece.

        Yields:
            Pieces as they come; where there are several files, each begins a piece.

        Raises:
            PipeAbsentError: The epoch's fifo did not appear.
        """
        for file in self._files():
            while chunk := file.read1(size):
                yield chunk

    def lines(self) -> Iterator[bytes]:
        """Read an epoch as lines.

        Yields:
            Lines without their line feed; the last line of each file need not have one.

        Raises:
            PipeAbsentError: The epoch's fifo did not appear.
        """
        for file in self._files():
            for line in file:
                yield line.removesuffix(b"\n")

    def records(self) -> Iterator[bytes]:
        """Read an epoch as RecordIO, which `RecordWrapperType: RecordIO` makes of anything in Pipe mode.

        Yields:
            The bytes of each record.

        Raises:
            PipeAbsentError: The epoch's fifo did not appear.
            RecordIOError: The data is cut short, or no RecordIO.
        """
        for file in self._files():
            yield from read_records(file)

    def protobuf(self) -> Iterator[Record]:
        """Read an epoch as RecordIO-protobuf.

        Yields:
            Records, with features and labels.

        Raises:
            PipeAbsentError: The epoch's fifo did not appear.
            RecordIOError: The data is cut short, or no RecordIO-protobuf.
        """
        from byoml.codecs.recordio_protobuf import read  # loads numpy

        for file in self._files():
            yield from read(file)

    def _files(self) -> Iterator[BufferedReader]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        if self._channel.mode != "Pipe":
            for path in data_files(self._channel.path):
                with path.open("rb") as file:
                    yield file
            return
        path = self._channel.path
        with self._opened(path.with_name(f"{path.name}_{epoch}")) as pipe:
            yield pipe

    @contextmanager
    def _opened(self, path: Path) -> Iterator[BufferedReader]:
        """Open a fifo as soon as it is there: the platform makes it on demand."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                pipe = path.open("rb")
                break
            except FileNotFoundError:
                if time.monotonic() > deadline:
                    raise PipeAbsentError(path, self._timeout) from None
                time.sleep(_PAUSE_SECONDS)
        with pipe:
            yield pipe


def channel(name: str, *, timeout: float = 600.0, environ: Mapping[str, str] = os.environ) -> ChannelReader:
    """Open a channel of the job, in whatever mode it is.

    Args:
        name: The channel, such as `train`.
        timeout: In Pipe mode, seconds to wait until an epoch's fifo appears.
        environ: Where `SAGEMAKER_BASE_DIR` is looked for.

    Returns:
        Its reader; nothing is opened before it is read.

    Raises:
        SettingError: The job has no such channel.
        UnreadableConfigFileError: inputdataconfig.json does not parse.
    """
    paths = ContainerPaths.from_environ(environ)
    channels = channels_of(read_config(paths.input_config, "inputdataconfig.json"), paths.input_data)
    for source in channels:
        if source.name == name:
            return ChannelReader(source, timeout)
    names = ", ".join(source.name for source in channels) or "none"
    raise SettingError("channel", name, f"one of the job's channels: {names}")
