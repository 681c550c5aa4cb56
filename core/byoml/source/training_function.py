"""Calls the function that `SAGEMAKER_TRAINING_MODULE` names: `python -m byoml.source.training_function`.

It runs in a process of its own, so that whatever the function does to end it, `sys.exit` included, gives an exit code.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VARIABLE", "check", "main"]

VARIABLE = "SAGEMAKER_TRAINING_MODULE"


def check(value: str) -> None:
    """Hold the variable to its form, before anything is installed or waited for; raises SettingError."""
    module, colon, function = value.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), function)):
        raise SettingError(VARIABLE, value, "a module and a function of it, such as pkg.training:main")


def main(environ: Mapping[str, str]) -> None:
    """Import the module and call the function, with no arguments; what it returns says nothing."""
    module, _, function = environ[VARIABLE].partition(":")
    getattr(import_module(module), function)()


if __name__ == "__main__":
    main(os.environ)
