"""Where the container's words, `train` and `serve`, lie as programs of this interpreter."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from byoml.local.errors import ScriptMissingError

__all__ = ["console_script"]


def console_script(name: str, search_path: str | None = None) -> Path:
    """Find a console script, that of the running interpreter's environment first.

    Args:
        name: Such as `train`.
        search_path: `PATH`, asked last: another environment's script of that name may lie there.

    Returns:
        Its path.

    Raises:
        ScriptMissingError: It is nowhere.
    """
    # Not resolved: in a virtual environment python is a link, and the scripts lie beside the link.
    folders = dict.fromkeys((Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))))
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            return folder / name
    found = shutil.which(name, path=search_path)
    if found is None:
        raise ScriptMissingError(name, folders)
    return Path(found)
