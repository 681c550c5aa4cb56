"""What a processing job reads: the files of its inputs, and which of them are this host's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml_tensorflow.video import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Job"]

_SHARDS = ".npz"
_CODE = "code"
_SHARDED = "ShardedByS3Key"


@dataclass(frozen=True)
class Job:
    """A processing job, as its program is told of it.

    Args:
        inputs: Folders by the input's name.
        output: Where the clips go.
        hosts: All hosts, rank order.
        host: This one.
        sharded: Names of the inputs of which each host has its own part already.
    """

    inputs: Mapping[str, Path]
    output: Path
    hosts: tuple[str, ...] = ("localhost",)
    host: str = "localhost"
    sharded: frozenset[str] = frozenset()

    @property
    def rank(self) -> int:
        return self.hosts.index(self.host)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Job:
        """Read the job; what is not said has the contract's defaults.

        Args:
            environ: The program's environment variables.

        Returns:
            The job.
        """
        base = Path(environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml") / "processing"
        inputs = _places(environ, "SM_PROCESSING_INPUTS") or {"input": base / "input"}
        outputs = _places(environ, "SM_PROCESSING_OUTPUTS") or {"output": base / "output"}
        hosts = tuple(json.loads(environ.get("SM_HOSTS") or '["localhost"]'))
        config = json.loads(environ.get("SM_PROCESSING_JOB_CONFIG") or "{}")
        return cls(
            {name: path for name, path in inputs.items() if name != _CODE},
            next(iter(outputs.values())),
            hosts,
            environ.get("SM_CURRENT_HOST") or hosts[0],
            frozenset(_sharded(config.get("ProcessingInputs") or [])),
        )

    def shards(self) -> list[Path]:
        """List the `.npz` files of all inputs, which are merged."""
        return [path for folder in self.inputs.values() for path in _files(folder, (_SHARDS,))]

    def videos(self) -> list[tuple[Path, Path]]:
        """List all videos, each with the folder of its input; the class of each is told by where it lies there."""
        return [(path, folder) for folder in self.inputs.values() for path in _files(folder, SUFFIXES)]

    def own(self, videos: Sequence[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
        """Take this host's part: all of an input that the platform has sharded, else every n-th video."""
        whole = {folder for name, folder in self.inputs.items() if name in self.sharded}
        shared = [video for video in videos if video[1] not in whole]
        return [video for video in videos if video[1] in whole] + shared[self.rank :: len(self.hosts)]


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """List files below a folder, by their paths; names that start with "." are none."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return sorted(path for path in found if not path.name.startswith("."))


def _places(environ: Mapping[str, str], variable: str) -> dict[str, Path]:
    return {name: Path(path) for name, path in json.loads(environ.get(variable) or "{}").items()}


def _sharded(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        str(one.get("InputName"))
        for one in inputs
        if (one.get("S3Input") or {}).get("S3DataDistributionType") == _SHARDED
    ]
