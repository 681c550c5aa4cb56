"""How many CPUs, GPUs and Neuron cores this container may use, each probed at most once a job."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Accelerators", "count_cpus"]

_PROBE_SECONDS = 20
_CGROUPS = Path("/sys/fs/cgroup")
# What NVIDIA's container runtime takes for none.
_NO_GPU = ("", "none", "void")
_UUID = re.compile(r"UUID: ([\w-]+)")
_KINDS = ("GPU-", "MIG-")


@dataclass(frozen=True)
class Accelerators:
    """What the container may compute with."""

    cpus: int
    gpus: int = 0
    neurons: int = 0

    @classmethod
    def probe(cls, environ: Mapping[str, str]) -> Accelerators:
        return cls(count_cpus(), _count_gpus(environ), _count_neurons())


def count_cpus(cgroups: Path = _CGROUPS) -> int:
    """Count the CPUs that the scheduler grants: affinity, cut by the cgroup's quota.

    Args:
        cgroups: Where the cgroup files are mounted.

    Returns:
        At least 1.
    """
    granted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroups)
    return max(1, min(granted, ceil(quota))) if quota else granted


def _quota(cgroups: Path) -> float | None:
    """Read the CPU quota in CPUs: cgroup v2's one file, else the two of v1."""
    try:
        quota, period = (cgroups / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (cgroups / "cpu/cpu.cfs_quota_us").read_text()
            period = (cgroups / "cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return None
    try:
        return float(quota) / float(period) if float(quota) > 0 else None
    except ValueError:  # "max": no limit
        return None


def _probe(*argv: str) -> str:
    """Run a probe that may be missing or broken; what it cannot tell counts as nothing."""
    if shutil.which(argv[0]) is None:
        return ""
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _count_gpus(environ: Mapping[str, str]) -> int:
    """Count what the driver lists, as far as the container was given it and programs may see it (L-15)."""
    given, seen = environ.get("NVIDIA_VISIBLE_DEVICES", "all"), environ.get("CUDA_VISIBLE_DEVICES")
    if given in _NO_GPU or seen == "":
        return 0
    lines = _probe("nvidia-smi", "--list-gpus").splitlines()
    gpus = sum(line.startswith("GPU ") for line in lines)
    if given != "all":
        gpus = min(gpus, len(given.split(",")))
    return gpus if seen is None else _count_seen(seen.split(","), gpus, _UUID.findall("\n".join(lines)))


def _count_seen(names: Sequence[str], gpus: int, uuids: Sequence[str]) -> int:
    """Count devices up to the first name that stands for none, as CUDA does: numbers, or how a UUID begins."""
    count = 0
    for name in map(str.strip, names):
        by_number = name.isdecimal() and int(name) < gpus
        if not by_number and not (name.startswith(_KINDS) and any(uuid.startswith(name) for uuid in uuids)):
            break
        count += 1
    return count


def _count_neurons() -> int:
    try:
        return sum(int(device["nc_count"]) for device in json.loads(_probe("neuron-ls", "-j") or "[]"))
    except (ValueError, KeyError, TypeError):
        return 0
