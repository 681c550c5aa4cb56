"""How much memory is left: the machine's, or the cgroup's where that is less."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Memory", "probe_memory"]

_CGROUPS = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
_KILOBYTE = 1024
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@dataclass(frozen=True)
class Memory:
    """What may be used, and what of it is free, in bytes.

    Args:
        total: The limit.
        free: What can be had before the limit; file cache that would give way counts as free.
    """

    total: int
    free: int


def probe_memory(cgroups: Path = _CGROUPS, proc: Path = _PROC) -> Memory | None:
    """Measure now: the machine, our cgroup and those above it, version 2 or 1; the one with the least left counts.

    Args:
        cgroups: Where the cgroup files are mounted.
        proc: Where the kernel's are.

    Returns:
        What is left; None where the system does not tell.
    """
    machine = _machine(proc / "meminfo")
    if machine is None:
        return None
    groups = (_group(folder, names) for folder, names in _folders(cgroups, proc / "self/cgroup"))
    limits = [group for group in groups if group is not None and group.total < machine.total]
    return min([machine, *limits], key=lambda memory: memory.free)


def _machine(meminfo: Path) -> Memory | None:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text("ascii").splitlines())
        total, free = (int(lines[name].split()[0]) * _KILOBYTE for name in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError, ValueError):
        return None
    return Memory(total, free)


def _folders(cgroups: Path, membership: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Name our group's folder and those above it; inside a container the topmost is ours."""
    try:
        lines = membership.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    for line in ["0::/", ":memory:/", *lines]:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, names = (cgroups / "memory", _V1) if controllers else (cgroups, _V2)
        folder = root / path.lstrip("/")
        while folder.is_relative_to(root):
            yield folder, names
            folder = folder.parent


def _group(folder: Path, names: tuple[str, str, str]) -> Memory | None:
    limit_file, used_file, cache = names
    try:
        limit = int((folder / limit_file).read_text("ascii"))
        used = int((folder / used_file).read_text("ascii"))
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines())
    except (OSError, ValueError):  # no such group, or "max": no limit
        return None
    return Memory(limit, max(0, limit - used + int(statistics.get(cache, 0))))
