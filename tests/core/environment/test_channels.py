"""The named inputs of a training job (contract/training 1.4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.environment.channels import Channel, channels_of
from byoml.errors import SettingError

_DATA = Path("/opt/ml/input/data")


def test_channels_are_sorted_and_lie_in_the_data_folder() -> None:
    """What the file says about each is kept, and everything but the name has a default."""
    config = {
        "train": {"TrainingInputMode": "Pipe", "ContentType": "text/csv", "S3DistributionType": "ShardedByS3Key"},
        "my-ch.1": {},
    }
    assert channels_of(config, _DATA) == (
        Channel("my-ch.1", _DATA / "my-ch.1", "File", None, "FullyReplicated"),
        Channel("train", _DATA / "train", "Pipe", "text/csv", "ShardedByS3Key"),
    )


def test_without_the_file_the_folders_are_the_channels(tmp_path: Path) -> None:
    """Files beside them, such as manifests, are none."""
    for name in ("train", "eval"):
        (tmp_path / name).mkdir()
    (tmp_path / "train-manifest").write_text("[]")
    assert [channel.name for channel in channels_of({}, tmp_path)] == ["eval", "train"]


def test_without_file_and_folder_there_are_no_channels(tmp_path: Path) -> None:
    """A job may have no inputs at all."""
    assert channels_of({}, tmp_path / "none") == ()


def test_a_channel_that_is_no_object_is_named() -> None:
    """The error says which channel, and in which file."""
    with pytest.raises(SettingError, match=r"channel 'train' of inputdataconfig\.json is 'File'"):
        channels_of({"train": "File"}, _DATA)
