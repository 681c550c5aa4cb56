"""Whether the user's code has changed, by what the file system tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from byoml.source.entry_point import LEFT_OUT

if TYPE_CHECKING:
    from byoml.local.values import EndpointSpec

__all__ = ["Watch", "watched"]

_Seen = dict[Path, tuple[int, int]]


def watched(spec: EndpointSpec) -> Path:
    """Tell where an endpoint's code lies.

    Args:
        spec: The endpoint.

    Returns:
        The source, the entry point's file, or else the code in the model's folder.
    """
    if spec.source is not None:
        return spec.source
    if spec.entry_point is not None and Path(spec.entry_point).is_file():
        return Path(spec.entry_point)
    return spec.model / "code" if spec.model.is_dir() else spec.model


class Watch:
    """Compares with what it saw last.

    Args:
        path: A file or a folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken = self._latest = self._look()

    def changed(self) -> list[Path]:
        """Tell what has changed since the last change that was told, once two looks have seen the same.

        Returns:
            Files that were written, made or removed; none while an editor is still at it.
        """
        before, self._latest = self._latest, self._look()
        if self._latest in (self._taken, {}) or self._latest != before:
            return []
        different = dict(self._taken.items() ^ self._latest.items())
        self._taken = self._latest
        return sorted(different)

    def _look(self) -> _Seen:
        """Note the size and the time of each file; one that goes away meanwhile is none."""
        seen: _Seen = {}
        folders = [self._path]
        while folders:
            path = folders.pop()
            try:
                if path.is_dir():
                    folders += [each for each in path.iterdir() if each.name not in LEFT_OUT]
                else:
                    stat = path.stat()
                    seen[path] = stat.st_size, stat.st_mtime_ns
            except OSError:
                continue
        return seen
