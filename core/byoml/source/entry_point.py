"""The user's program: where it is, of what kind, and the command that starts it (contract/training 4.3)."""

from __future__ import annotations

import os
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from byoml.errors import EntryPointMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["EntryPoint", "Kind", "Named", "find"]

_LINE_BYTES = 256


class Kind(Enum):
    """How a program is started."""

    SCRIPT = "script"
    PACKAGE = "package"
    MODULE = "module"
    COMMAND = "command"


@dataclass(frozen=True)
class Named:
    """An entry point's name, and who said it.

    Args:
        name: A path relative to the code folder.
        said_by: The variable or hyperparameter, for the error; empty where the name is only a default.
    """

    name: str
    said_by: str = ""


@dataclass(frozen=True)
class EntryPoint:
    """A program that can be started.

    Args:
        name: As given: a path relative to `code_dir`, or a dotted module.
        kind: How it is started.
        code_dir: The folder it runs in.
    """

    name: str
    kind: Kind
    code_dir: Path

    @classmethod
    def module(cls, name: str, code_dir: Path) -> EntryPoint:
        """Name an installed module, run as `python -m`; for algorithms that plugins bring."""
        return cls(name, Kind.MODULE, code_dir)

    def command(self, args: Sequence[str]) -> tuple[str, ...]:
        """Make the argument vector.

        Args:
            args: The program's arguments.

        Returns:
            The vector; no shell is in it but for a program without a first line that names its interpreter.
        """
        if self.kind is Kind.COMMAND:
            return (*self._interpreter(), f"./{self.name}", *args)
        if self.kind is Kind.SCRIPT:
            return (sys.executable, self.name, *args)
        return (sys.executable, "-m", self.name.removesuffix(".py").replace("/", "."), *args)

    def allow_execution(self) -> None:
        """Set the mode that archives and object stores lose; where that is forbidden, the start tells so."""
        path = self.code_dir / self.name
        if self.kind is Kind.COMMAND and not os.access(path, os.X_OK):
            with suppress(OSError):
                path.chmod(path.stat().st_mode | 0o111)

    def _interpreter(self) -> tuple[str, ...]:
        """Name what must run the program: nothing where the system can start it by itself."""
        program = self.code_dir / self.name
        with program.open("rb") as file:
            first = file.readline(_LINE_BYTES)
        if first.startswith(b"#!"):  # an archive or a copy may have lost the mode that the system asks for
            return () if os.access(program, os.X_OK) else tuple(os.fsdecode(first[2:]).strip().split(maxsplit=1))
        return () if first.startswith(b"\x7fELF") else ("/bin/sh",)


def find(candidates: Iterable[Named], folders: Sequence[Path]) -> EntryPoint | None:
    """Find the user's program.

    Args:
        candidates: Names, the one that wins first.
        folders: Where to look, the one that wins first.

    Returns:
        The first that exists, or None where no name was said and no default exists.

    Raises:
        EntryPointMissingError: A name was said, and is in none of the folders.
    """
    for named in candidates:
        for folder in folders:
            if (folder / named.name).is_file() and _inside(folder / named.name, folder):
                return EntryPoint(named.name, _kind(named.name, folder), folder)
        if named.said_by:
            found = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
            raise EntryPointMissingError(named.name, named.said_by, folders, found)
    return None


def _inside(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and ".." not in path.relative_to(folder).parts


def _kind(name: str, folder: Path) -> Kind:
    if name.endswith(".sh"):
        return Kind.COMMAND
    if (folder / "setup.py").is_file():
        return Kind.PACKAGE
    return Kind.SCRIPT if name.endswith(".py") else Kind.COMMAND
