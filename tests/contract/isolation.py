"""Processes in namespaces of their own: as a container's first process, with limits, with nowhere to write."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["first_process_of", "isolated"]

_SECONDS = 30


def isolated(*options: str, setup: str = "true") -> list[str]:
    """Make what stands before a command, so that it runs in namespaces of its own; skip where we may not.

    Args:
        options: Those of ``unshare``.
        setup: Shell commands that run in there first; one that fails skips the test.
    """
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    prefix = ["unshare", *options, "sh", "-c", f'set -e\n{setup}\nexec "$@"', "sh"]
    probe = subprocess.run([*prefix, "true"], capture_output=True, check=False, timeout=_SECONDS)
    if probe.returncode:
        pytest.skip(f"this system does not let us unshare {' '.join(options)}: {probe.stderr.decode().strip()}")
    return prefix


def first_process_of(pid: int) -> int:
    """Find the child of an ``unshare --pid --fork``, which is PID 1 in there."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return int(child)
