"""How much memory a process holds, as the kernel says."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["private_bytes", "resident_bytes"]


def resident_bytes(pid: int) -> int | None:
    """Read a process's resident set.

    Args:
        pid: The process.

    Returns:
        Bytes, pages shared with other processes included; None where there is no such process, or no /proc.
    """
    pages = _pages(pid)
    if pages is None:
        return None
    return pages[1] * os.sysconf("SC_PAGE_SIZE")


def private_bytes(pid: int) -> int | None:
    """Read how much of that belongs to no file: the part that another process of its kind would take again."""
    pages = _pages(pid)
    if pages is None:
        return None
    return (pages[1] - pages[2]) * os.sysconf("SC_PAGE_SIZE")


def _pages(pid: int) -> list[int] | None:
    """Read the size of a process, what of it is resident, and what of that belongs to files, in pages."""
    try:
        return [int(number) for number in Path(f"/proc/{pid}/statm").read_text("ascii").split()]
    except OSError:
        return None
