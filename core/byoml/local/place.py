"""Where a program finds its tree: at `/opt/ml` where the system allows it, else where it lies, with a warning."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.errors import SettingError
from byoml.local import mount
from byoml.source.entry_point import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Place", "choose", "lines_that_spell", "warn_of"]

_SWITCH = "BYOML_LOCAL_MOUNT"
_SUFFIXES = frozenset({".py", ".sh", ".json", ".yaml", ".yml", ".toml", ".cfg", ".ini"})
_LARGEST_BYTES = 1024 * 1024

_log = logging.getLogger("byoml.local")


@dataclass(frozen=True)
class Place:
    """Where the tree is for the program.

    Args:
        tree: Where it lies.
        mounted: Whether the program sees it at `/opt/ml`.
    """

    tree: Path
    mounted: bool

    @property
    def base(self) -> Path:
        return mount.MOUNT_POINT if self.mounted else self.tree

    def command(self, program: Sequence[str]) -> tuple[str, ...]:
        return mount.command(self.tree, program) if self.mounted else tuple(program)


def choose(environ: Mapping[str, str], linked: Iterable[Path] = ()) -> bool:
    """Decide whether trees are mounted.

    Args:
        environ: The user's environment; `BYOML_LOCAL_MOUNT=never` does without.
        linked: Folders that trees link to; what lies under the real `/opt/ml` would be hidden by a mount.

    Returns:
        Whether they are.

    Raises:
        SettingError: The variable holds something else than `auto` or `never`.
    """
    said = environ.get(_SWITCH) or "auto"
    if said not in {"auto", "never"}:
        raise SettingError(_SWITCH, said, "auto or never")
    if said == "never" or any(path.resolve().is_relative_to(mount.MOUNT_POINT) for path in linked):
        return False
    return mount.allowed()


def warn_of(tree: Path, code: Path, shown_as: Path | None) -> None:
    """Name the lines that will not find what they look for, where the tree is not mounted.

    Args:
        tree: Where the tree lies.
        code: The folder with the user's code.
        shown_as: Where the user keeps that code, None to name the files as they are in `code`.
    """
    lines = [f"{(shown_as or code) / name}:{number}" for name, number in lines_that_spell(code)]
    if lines:
        _log.warning(
            "the tree is not mounted at %s: it is at %s, as SAGEMAKER_BASE_DIR and the SM_* variables say. "
            "These lines spell %s: %s",
            mount.MOUNT_POINT,
            tree,
            mount.MOUNT_POINT,
            ", ".join(lines),
        )


def lines_that_spell(code: Path) -> Iterator[tuple[Path, int]]:
    """Find `/opt/ml` in the user's files.

    Args:
        code: The folder.

    Yields:
        The file, relative to the folder, and the one-based line.
    """
    wanted = str(mount.MOUNT_POINT).encode()
    for path in sorted(code.rglob("*")):
        if not LEFT_OUT.isdisjoint(path.relative_to(code).parts):
            continue
        if path.suffix in _SUFFIXES and path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
            for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                if wanted in line:
                    yield path.relative_to(code), number
