"""`byoml.channel`: fifos of real writers, and the same over files."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from typing import TYPE_CHECKING

import byoml
import numpy as np
import pytest
from byoml.codecs.recordio import RecordIOError, write_record
from byoml.codecs.recordio_protobuf import VALUES, Record, Tensor, write
from byoml.errors import SettingError
from byoml.job.errors import PipeAbsentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from byoml.job.pipe import ChannelReader


def _reader(base: Path, mode: str, timeout: float = 20) -> ChannelReader:
    (base / "input/config").mkdir(parents=True, exist_ok=True)
    (base / "input/data").mkdir(exist_ok=True)
    (base / "input/config/inputdataconfig.json").write_text(json.dumps({"train": {"TrainingInputMode": mode}}))
    return byoml.channel("train", timeout=timeout, environ={"SAGEMAKER_BASE_DIR": str(base)})


class Platform(threading.Thread):
    """Makes each epoch's fifo a little late, as the platform does on demand, and feeds it."""

    def __init__(self, base: Path, *epochs: bytes, late: float = 0.1) -> None:
        super().__init__(daemon=True)
        self._base = base / "input/data"
        self._epochs = epochs
        self._late = late

    def run(self) -> None:
        for number, content in enumerate(self._epochs):
            time.sleep(self._late)
            fifo = self._base / f"train_{number}"
            os.mkfifo(fifo)
            with fifo.open("wb", buffering=0) as pipe:
                try:
                    for start in range(0, len(content), 1000):
                        pipe.write(content[start : start + 1000])
                except BrokenPipeError:
                    pass
            fifo.unlink()


def _recordio(*payloads: bytes) -> bytes:
    stream = io.BytesIO()
    for payload in payloads:
        write_record(stream, payload)
    return stream.getvalue()


def _protobuf(*rows: list[float]) -> bytes:
    stream = io.BytesIO()
    write(stream, [Record({VALUES: Tensor(np.array(row))}) for row in rows])
    return stream.getvalue()


def test_each_epoch_reads_the_next_fifo_to_its_end(tmp_path: Path) -> None:
    """Opening waits until it is there."""
    reader = _reader(tmp_path, "Pipe")
    platform = Platform(tmp_path, b"a" * 5000, b"", b"c" * 200_000)
    platform.start()
    epochs = [b"".join(reader.chunks(700)) for _ in range(3)]
    platform.join()
    assert [len(epoch) for epoch in epochs] == [5000, 0, 200_000]
    assert reader.epoch == 3


def test_lines_records_and_protobuf_come_through_a_fifo(tmp_path: Path) -> None:
    """Each epoch may be read in another way."""
    reader = _reader(tmp_path, "Pipe")
    payloads = [b"x" * 3001, b"", b"y"]
    platform = Platform(tmp_path, b"1,2\n3,4\r\n\n5", _recordio(*payloads), _protobuf([1, 2], [3, 4]), b"later")
    platform.start()
    assert list(reader.lines()) == [b"1,2", b"3,4\r", b"", b"5"]
    assert list(reader.records()) == payloads
    rows = [record.features[VALUES] for record in reader.protobuf()]
    assert [row.values.tolist() for row in rows if isinstance(row, Tensor)] == [[1, 2], [3, 4]]
    assert b"".join(reader.chunks()) == b"later"
    platform.join()


def test_an_epoch_may_be_left_early(tmp_path: Path) -> None:
    """The fifo is closed, so that the platform goes on to the next."""
    reader = _reader(tmp_path, "Pipe")
    platform = Platform(tmp_path, b"line\n" * 100_000, b"second\n")
    platform.start()
    lines = reader.lines()
    assert next(lines) == b"line"
    lines.close()  # type: ignore[attr-defined]  # a generator, as `break` leaves one
    assert list(reader.lines()) == [b"second"]
    platform.join()


def test_a_fifo_that_never_comes_is_an_error_that_names_it(tmp_path: Path) -> None:
    """After the timeout."""
    reader = _reader(tmp_path, "Pipe", timeout=0.1)
    with pytest.raises(PipeAbsentError, match=r"train_0 did not appear within 0\.1 s"):
        next(reader.chunks())


@pytest.mark.parametrize("mode", ["File", "FastFile"])
@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"1\n2", lambda reader: list(reader.lines())),
        (_recordio(b"a", b"b"), lambda reader: list(reader.records())),
        (b"x" * 10, lambda reader: list(reader.chunks(4))),
        (_protobuf([1, 2]), lambda reader: len(list(reader.protobuf()))),
    ],
    ids=["lines", "records", "chunks", "protobuf"],
)
def test_files_are_read_alike(
    tmp_path: Path, mode: str, content: bytes, read: Callable[[ChannelReader], object]
) -> None:
    """All of them, nested ones too, in order, again each epoch; what is no data is passed over."""
    reader = _reader(tmp_path, mode)
    folder = tmp_path / "input/data/train"
    (folder / "b").mkdir(parents=True)
    (folder / "_SUCCESS").write_bytes(b"no data")
    (folder / ".hidden").write_bytes(b"no data")
    (tmp_path / "input/data/train-manifest").write_bytes(b"no data")
    (folder / "b/part-1").write_bytes(content)
    (folder / "a").write_bytes(content)
    one = {"lines": [b"1", b"2"], "records": [b"a", b"b"], "chunks": [b"xxxx", b"xxxx", b"xx"], "protobuf": 1}
    once = read(reader)
    assert once in [value * 2 for value in one.values()]  # type: ignore[operator]
    assert read(reader) == once
    assert reader.mode == mode


def test_a_shard_may_be_empty(tmp_path: Path) -> None:
    """With ShardedByS3Key a host may get nothing."""
    reader = _reader(tmp_path, "File")
    assert list(reader.lines()) == []


def test_data_that_is_no_recordio_says_so(tmp_path: Path) -> None:
    """As where RecordWrapperType is None."""
    reader = _reader(tmp_path, "File")
    (tmp_path / "input/data/train").write_bytes(b"1,2,3\n")
    with pytest.raises(RecordIOError, match="RecordIO begins each record with"):
        list(reader.records())


def test_a_channel_that_the_job_does_not_have_is_named_with_those_it_has(tmp_path: Path) -> None:
    """A typo is seen at once."""
    _reader(tmp_path, "File")
    with pytest.raises(SettingError, match="channel is 'trian'; it must be one of the job's channels: train"):
        byoml.channel("trian", environ={"SAGEMAKER_BASE_DIR": str(tmp_path)})
