"""Install what the user's code needs, before it runs."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from byoml.child import Stopped, run
from byoml.errors import InstallError, PipMissingError
from byoml.source.entry_point import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.child import Stopper
    from byoml.source.entry_point import EntryPoint

__all__ = ["install", "install_requirements"]

# An index is taken from PIP_INDEX_URL and its like, never from argv, which others can read.
_PIP = (
    sys.executable,
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--root-user-action=ignore",
)
_STDERR = 2


def install_requirements(code_dir: Path, variables: Mapping[str, str], stopper: Stopper) -> None:
    """Install `requirements.txt` of a code folder, if it has one.

    Args:
        code_dir: The folder.
        variables: pip's environment.
        stopper: Passes signals on to pip.

    Raises:
        InstallError: pip fails; it carries the end of what pip wrote.
        PipMissingError: There is no pip.
        Stopped: A stop was asked for meanwhile.
    """
    requirements = code_dir / "requirements.txt"
    if requirements.is_file():
        _pip(requirements, ("-r", str(requirements)), variables, stopper)


def install(entry_point: EntryPoint, variables: Mapping[str, str], stopper: Stopper) -> None:
    """Install what an entry point needs: its requirements, and itself where it is a package with `setup.py`.

    Args:
        entry_point: The user's program, of any kind.
        variables: pip's environment.
        stopper: Passes signals on to pip.

    Raises:
        InstallError: pip fails; it carries the end of what pip wrote.
        PipMissingError: There is no pip.
        Stopped: A stop was asked for meanwhile.
    """
    install_requirements(entry_point.code_dir, variables, stopper)
    if entry_point.kind is Kind.PACKAGE:
        _pip(entry_point.code_dir, (str(entry_point.code_dir),), variables, stopper)


def _pip(what: Path, args: tuple[str, ...], variables: Mapping[str, str], stopper: Stopper) -> None:
    if importlib.util.find_spec("pip") is None:
        raise PipMissingError(what, sys.executable)
    # pip's own words go to stderr: stdout belongs to the user's program, whose metrics are read from it.
    result = run((*_PIP, *args), cwd=what.parent, variables=variables, stopper=stopper, stdout=_STDERR)
    if stopper.signum is not None:  # pip was ended by the stop, which is no failure of the install
        raise Stopped(stopper.signum)
    if result.exit_code:
        raise InstallError(what, result.exit_code, result.stderr_tail)
