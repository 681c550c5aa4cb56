"""Remember what has been installed, so that a second run with the same requirements does not ask pip again."""

from __future__ import annotations

import hashlib
import re
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Marker", "key_of"]

_NESTED = re.compile(r"(?:-r|--requirement|-c|--constraint)[ =]\s*(\S+)")
_SETTINGS = ("PIP_", "UV_")


def key_of(requirements: Path, variables: Mapping[str, str]) -> str | None:
    """Make a key that changes with all that decides what is installed.

    Args:
        requirements: A requirements file.
        variables: The environment; pip's and uv's settings count.

    Returns:
        The key, None where something else than text decides.
    """
    texts: dict[Path, str] = {}
    if not _collect(requirements, texts):
        return None
    settings = sorted(f"{name}={value}" for name, value in variables.items() if name.startswith(_SETTINGS))
    parts = [sys.version, sys.prefix, *settings, *(texts[path] for path in sorted(texts))]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _collect(path: Path, texts: dict[Path, str]) -> bool:
    """Read a file and those that it names; tell whether text alone decides."""
    if path in texts:
        return True
    try:
        texts[path] = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    for line in map(str.strip, texts[path].splitlines()):
        nested = _NESTED.match(line)
        if nested:
            if "://" in nested[1] or not _collect((path.parent / nested[1]).resolve(), texts):
                return False
        elif _may_change(line.partition(" #")[0]):
            return False
    return True


def _may_change(line: str) -> bool:
    """Tell a path, an editable project, a repository or a variable: what it names may change while the name stays."""
    if line.startswith(("-e", "--editable", ".", "~")) or "${" in line:
        return True
    return "/" in line and not line.startswith(("#", "--"))


class Marker:
    """A note beside the installed packages; it holds as long as nothing there has come or gone.

    Args:
        site: The folder with the packages.
        key: What was installed.
    """

    def __init__(self, site: Path, key: str) -> None:
        self._site = site
        self._path = site / f".byoml-installed-{key}"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other job installs here: hosts of a local job share one Python."""
        import fcntl

        try:
            lock = (self._site / ".byoml-installing").open("w")
        except OSError:  # we may not write here; whether pip may is for pip to say
            yield
            return
        with lock:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def holds(self) -> bool:
        try:
            return self._path.read_text("utf-8") == self._state()
        except OSError:
            return False

    def set(self) -> None:
        with suppress(OSError):  # the next run asks pip again
            self._path.write_text(self._state(), "utf-8")

    def _state(self) -> str:
        names = sorted(path.name for path in self._site.glob("*.*-info"))
        return hashlib.sha256("\n".join(names).encode()).hexdigest()
