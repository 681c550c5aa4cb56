"""Where checkpoints go: `checkpointconfig.json`, there only for jobs that ask for it (contract/training 1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from byoml.environment.config_files import read_config

if TYPE_CHECKING:
    from byoml.environment.paths import ContainerPaths

__all__ = ["CheckpointConfig"]

_ROOT = PurePosixPath("/opt/ml")


@dataclass(frozen=True)
class CheckpointConfig:
    """The checkpoint folder.

    Args:
        folder: The folder, which need not exist.
        s3_uri: Where the platform mirrors it, None where the file does not say.
    """

    folder: Path
    s3_uri: str | None = None

    @classmethod
    def read(cls, paths: ContainerPaths) -> CheckpointConfig:
        """Read the file.

        Args:
            paths: The tree; a folder that the file names under `/opt/ml` lies in this tree, wherever that is.

        Returns:
            What it says; `checkpoints` in the tree where it says nothing.

        Raises:
            UnreadableConfigFileError: It does not parse.
        """
        config = read_config(paths.input_config, "checkpointconfig.json")
        said = config.get("LocalPath")
        folder = _in_tree(PurePosixPath(said), paths) if isinstance(said, str) and said else paths.checkpoints
        uri = config.get("S3Uri")
        return cls(folder, uri if isinstance(uri, str) and uri else None)

    @property
    def matches_siblings(self) -> bool:
        """Whether the S3 prefix also matches other prefixes: without a slash at its end `ck` matches `ck2`."""
        return self.s3_uri is not None and not self.s3_uri.endswith("/")


def _in_tree(said: PurePosixPath, paths: ContainerPaths) -> Path:
    return paths.base / (said.relative_to(_ROOT) if said.is_relative_to(_ROOT) else said)
