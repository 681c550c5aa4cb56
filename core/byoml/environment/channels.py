"""The named inputs of a training job (contract/training 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Channel", "channels_of", "data_files"]


@dataclass(frozen=True)
class Channel:
    """One training input.

    Args:
        name: As the job names it.
        path: Its folder (in Pipe mode the stem of its fifos).
        mode: `File`, `FastFile` or `Pipe`.
        content_type: What the job says lies in it, None where it says nothing.
        distribution: `FullyReplicated` or `ShardedByS3Key`.
    """

    name: str
    path: Path
    mode: str = "File"
    content_type: str | None = None
    distribution: str = "FullyReplicated"


def channels_of(config: Mapping[str, Any], data_dir: Path) -> tuple[Channel, ...]:
    """Make the channels of a job.

    Args:
        config: `inputdataconfig.json`; where it names none, the folders of `data_dir` are the channels.
        data_dir: `/opt/ml/input/data`.

    Returns:
        The channels, sorted by name.
    """
    if not config:
        folders = data_dir.iterdir() if data_dir.is_dir() else ()
        return tuple(Channel(folder.name, folder) for folder in sorted(folders) if folder.is_dir())
    return tuple(_channel(name, config[name], data_dir) for name in sorted(config))


def _channel(name: str, said: object, data_dir: Path) -> Channel:
    if not isinstance(said, dict):
        raise SettingError(f"channel {name!r} of inputdataconfig.json", said, "an object with TrainingInputMode")
    return Channel(
        name,
        data_dir / name,
        str(said.get("TrainingInputMode") or "File"),
        said.get("ContentType") or None,
        str(said.get("S3DistributionType") or "FullyReplicated"),
    )


def data_files(path: Path) -> list[Path]:
    """List the files of a channel, nested ones too, in the order of their paths.

    Args:
        path: The channel's folder, or its only file.

    Returns:
        The files; names that start with "." or "_" are no data. There may be none, as where objects are sharded.
    """
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and _is_data(found, path))


def _is_data(path: Path, folder: Path) -> bool:
    return not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
