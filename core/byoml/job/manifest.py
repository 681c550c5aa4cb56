"""The manifest beside each checkpoint: what belongs to it, so that a torn one is told from a whole one."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["IGNORED", "Manifest", "checksum", "measure", "sync"]

#: The platform's agent copies no file whose name ends so.
IGNORED = ".sagemaker-ignore"

_SUFFIX = ".manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a checkpoint consists of.

    Args:
        name: The checkpoint's name, as the program calls it.
        step: Its step.
        host: Who saved it.
        rank: The rank that saved it, None where there are no ranks.
        saved_at: When, in seconds of the epoch.
        files: Length and CRC-32 of each file, by its path relative to the checkpoint; `.` for a single file.
    """

    name: str
    step: int
    host: str
    rank: int | None
    saved_at: float
    files: dict[str, tuple[int, int]]

    @staticmethod
    def beside(path: Path) -> Path:
        """Name the manifest of a checkpoint."""
        return path.with_name(path.name + _SUFFIX)

    @staticmethod
    def all_in(folder: Path) -> Iterator[tuple[Path, Manifest]]:
        """Read the manifests of a folder that can be read.

        Args:
            folder: The checkpoint folder; the agent's own files in it are no manifests.

        Yields:
            The checkpoint that each belongs to, and the manifest.
        """
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            try:
                said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                files = {str(name): (int(size), int(crc)) for name, (size, crc) in said.pop("files").items()}
                yield path.with_name(path.name.removesuffix(_SUFFIX)), Manifest(**said, files=files)
            except (OSError, ValueError, TypeError, KeyError, AttributeError):  # torn itself, or not ours
                continue

    def write(self, path: Path) -> None:
        """Write it beside its checkpoint, whole or not at all."""
        target = self.beside(path)
        part = target.with_name(f"{target.name}.{os.getpid()}{IGNORED}")
        part.write_text(json.dumps(vars(self)), encoding="utf-8")
        sync(part)
        part.replace(target)
        sync(target.parent)

    def fault(self, path: Path) -> str | None:
        """Compare the checkpoint with what was written.

        Args:
            path: The checkpoint.

        Returns:
            What is wrong with it, None where it is whole.
        """
        for name, (size, crc) in self.files.items():
            file = path / name
            try:
                found = file.stat().st_size
                if found != size:
                    return f"{file} has {found} bytes of {size}"
                if checksum(file) != crc:
                    return f"{file} has other bytes than were saved"
            except OSError as error:
                return f"{file} cannot be read ({error.strerror})"
        return None


def measure(path: Path) -> dict[str, tuple[int, int]]:
    """Tell length and checksum of each file of a checkpoint, and bring them to the disk."""
    files = sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else [path]
    for file in files:
        sync(file)
    return {file.relative_to(path).as_posix(): (file.stat().st_size, checksum(file)) for file in files}


def checksum(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def sync(path: Path) -> None:
    """Bring a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
