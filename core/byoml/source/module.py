"""Import the user's module by its path, under a name that no installed package can have."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from byoml.errors import UserModuleError
from byoml.source.aws_packages import import_failure

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

__all__ = ["load_module"]

_PREFIX = "byoml_user_"


def load_module(path: Path, root: Path) -> ModuleType:
    """Import a file as a module; its siblings can be imported by it.

    Args:
        path: The file.
        root: The code folder, which goes first on `sys.path`.

    Returns:
        The module.

    Raises:
        UserModuleError: It raises while it is imported; the traceback hangs on as the cause.
    """
    name = _PREFIX + path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserModuleError(path, "is not a Python file")
    for folder in dict.fromkeys((str(path.parent), str(root))):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UserModuleError(path, import_failure(error)) from error
    return module
