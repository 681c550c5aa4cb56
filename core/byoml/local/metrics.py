"""The metrics of all hosts of a job in one file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.environment.paths import ContainerPaths

__all__ = ["merge_metrics"]


def merge_metrics(trees: Mapping[str, ContainerPaths], target: Path) -> Path | None:
    """Gather what the job's processes told the platform's agent.

    Args:
        trees: Each host's tree, where each process has a file with one JSON object a line.
        target: The file to write: the same objects, with `Host` and `Pid`, by time.

    Returns:
        The file, None where there are no metrics.
    """
    entries = [entry for host, paths in trees.items() for entry in _of_host(host, paths.metrics)]
    if not entries:
        return None
    entries.sort(key=lambda entry: float(entry["Timestamp"]))
    target.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    return target


def _of_host(host: str, folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            entry = _entry(line)
            if entry is not None:
                yield {**entry, "Host": host, "Pid": int(path.stem) if path.stem.isdecimal() else path.stem}


def _entry(line: str) -> dict[str, Any] | None:
    """Read a line; None for one that was torn when the program was killed or the disk was full."""
    try:
        entry: dict[str, Any] = json.loads(line)
        float(entry["Timestamp"])
    except (ValueError, TypeError, KeyError):
        return None
    return entry
