"""How many CPUs, GPUs and Neuron cores this container may use, each probed at most once a job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from math import ceil
from pathlib import Path

__all__ = ["Accelerators", "count_cpus"]

_PROBE_SECONDS = 20
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Accelerators:
    """What the container may compute with."""

    cpus: int
    gpus: int = 0
    neurons: int = 0

    @classmethod
    def probe(cls) -> Accelerators:
        return cls(count_cpus(), _count_gpus(), _count_neurons())


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


def _count_gpus() -> int:
    return sum(line.startswith("GPU ") for line in _probe("nvidia-smi", "--list-gpus").splitlines())


def _count_neurons() -> int:
    try:
        return sum(int(device["nc_count"]) for device in json.loads(_probe("neuron-ls", "-j") or "[]"))
    except (ValueError, KeyError, TypeError):
        return 0
