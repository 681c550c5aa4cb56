"""How much memory a process holds, as the kernel says."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["resident_bytes"]


def resident_bytes(pid: int) -> int | None:
    """Read a process's resident set.

    Args:
        pid: The process.

    Returns:
        Bytes, pages shared with other processes included; None where there is no such process, or no /proc.
    """
    try:
        pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
