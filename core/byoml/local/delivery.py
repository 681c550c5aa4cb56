"""What a job wrote, copied to a folder of the user's, where nothing is ever deleted."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from byoml.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["deliver"]

_log = logging.getLogger("byoml.local")


def deliver(output: str, folder: Path, target: Path) -> None:
    """Copy files as an upload does: those of the same name are replaced, all others stay; links are not followed.

    Args:
        output: The output's name, for messages.
        folder: What was written.
        target: The folder of the user's; made where it is missing.

    Raises:
        SettingError: The folder cannot be written, or has a file where a folder is to be, or the other way.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.rglob("*")):
            place = target / path.relative_to(folder)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                _log.warning("output %r: %s is neither file nor folder, and is left out", output, place)
            elif path.is_dir():
                place.mkdir(exist_ok=True)
            else:
                _replace(path, place)
    except OSError as error:
        raise SettingError(
            f"output {output!r}", str(target), f"a folder that takes what was written ({error})"
        ) from None


def _replace(path: Path, place: Path) -> None:
    """Copy beside the place first, so that an earlier file is there until the new one is whole."""
    part = place.with_name(f".{place.name}.part")
    shutil.copy2(path, part)
    try:
        part.replace(place)
    except OSError:
        part.unlink()
        raise
