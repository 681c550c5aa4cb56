"""Lay a tree over `/opt/ml` for one program: `python -m byoml.local.mount TREE -- PROGRAM [ARG...]`.

Nothing but the standard library is imported, so that the file also runs by its path, whatever lies on `sys.path`.
"""

from __future__ import annotations

import os
import stat
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOUNT_POINT", "allowed", "command", "lay", "main"]

MOUNT_POINT = Path("/opt/ml")

# linux/sched.h, linux/mount.h
_NEW_MOUNTS, _NEW_USER = 0x0002_0000, 0x1000_0000
_NO_SUID, _NO_DEV, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 4096, 16384, 1 << 18

_USAGE = "usage: python -m byoml.local.mount TREE -- PROGRAM [ARG...]"
_FAILED = 125
_PROBE_SECONDS = 20


def command(tree: Path, program: Sequence[str]) -> tuple[str, ...]:
    """Make the argument vector that runs a program with a tree at `/opt/ml`.

    Args:
        tree: The tree.
        program: The program's own argument vector.

    Returns:
        The vector; the process becomes the program, so its id, exit code and signals are the program's.
    """
    return (sys.executable, "-I", "-S", __file__, str(tree), "--", *program)


@cache
def allowed() -> bool:
    """Tell whether this system lets us mount, by doing it once for a program that does nothing."""
    import subprocess  # the file runs before every host's program, and only the probe needs these
    import tempfile

    if not sys.platform.startswith("linux"):
        return False
    with tempfile.TemporaryDirectory(prefix="byoml-") as tree:
        probe = command(Path(tree), (sys.executable, "-I", "-S", "-c", ""))
        try:
            return subprocess.run(probe, capture_output=True, timeout=_PROBE_SECONDS, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def lay(tree: Path, point: Path = MOUNT_POINT) -> None:
    """Give this process mounts of its own, in which the tree lies at a path; nothing outside it sees them.

    Args:
        tree: The tree.
        point: The path, which need not exist; its parent must.

    Raises:
        OSError: The system does not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    _unshare(_NEW_MOUNTS if uid == 0 else _NEW_USER | _NEW_MOUNTS)
    if uid:
        # As ourselves, and not as a root that is none: what the program writes is the user's.
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    _mount("none", "/", flags=_RECURSIVE | _PRIVATE)
    held = os.open(tree, os.O_PATH | os.O_DIRECTORY)  # making room may hide the path that leads to it
    if not point.is_dir():
        _make_room(point)
    _mount(f"/proc/self/fd/{held}", str(point), flags=_BIND | _RECURSIVE)
    os.close(held)
    os.chdir(point)


def _make_room(point: Path) -> None:
    """Lay a folder in memory over the parent, with all that the parent held, and the mount point."""
    parent = point.parent
    held = os.open(parent, os.O_PATH | os.O_DIRECTORY)
    mode = stat.S_IMODE(parent.stat().st_mode)
    entries = [(entry.name, entry.is_symlink(), entry.is_dir()) for entry in os.scandir(parent)]
    _mount("tmpfs", str(parent), "tmpfs", _NO_SUID | _NO_DEV, f"mode={mode:o}")
    for name, is_link, is_folder in entries:
        before, now = f"/proc/self/fd/{held}/{name}", parent / name
        if is_link:
            now.symlink_to(Path(before).readlink())
            continue
        if is_folder:
            now.mkdir()
        else:
            now.touch()
        _mount(before, str(now), flags=_BIND | _RECURSIVE)
    os.close(held)
    point.mkdir()


def _unshare(flags: int) -> None:
    import ctypes  # the probe's caller never needs it

    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str = "none", flags: int = 0, options: str = "") -> None:
    import ctypes

    encoded = [os.fsencode(text) for text in (source, target, kind)]
    if ctypes.CDLL(None, use_errno=True).mount(*encoded, ctypes.c_ulong(flags), os.fsencode(options)):
        number = ctypes.get_errno()
        raise OSError(number, f"mount: {os.strerror(number)}", target)


def main(args: Sequence[str]) -> int:
    """Lay the tree and become the program.

    Args:
        args: The tree, `--`, and the program with its arguments.

    Returns:
        An exit code, only where the program could not be started.
    """
    tree, *rest = args or ("",)
    if not tree or rest[:1] != ["--"] or not rest[1:]:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    try:
        lay(Path(tree))
        os.execvp(rest[1], rest[1:])  # noqa: S606  becoming the program is what this is for
    except OSError as error:
        sys.stderr.write(f"cannot run {rest[1]} with {tree} at {MOUNT_POINT}: {error}\n")
    return _FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
