"""The user's program: where it is, of what kind, and the command that starts it (contract/training 4.3)."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from byoml.errors import EntryPointMissingError
from byoml.source.project import is_package

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["LEFT_OUT", "EntryPoint", "Kind", "Named", "find"]

#: What is in a project's folder, and in no job.
LEFT_OUT = frozenset({".git", ".venv", "__pycache__"})

_LINE_BYTES = 256


class Kind(Enum):
    """How a program is started."""

    SCRIPT = "script"
    PACKAGE = "package"
    MODULE = "module"
    COMMAND = "command"
    FUNCTION = "function"


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
        if self.kind is Kind.FUNCTION:  # it is called with no arguments, and finds them in SM_HPS
            return (sys.executable, "-m", "byoml.source.training_function")
        if self.kind is Kind.COMMAND:
            return (*self._interpreter(), f"./{self.name}", *args)
        if self.kind is Kind.SCRIPT:
            name = f"./{self.name}" if self.name.startswith("-") else self.name
            return (sys.executable, name, *args)
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


def find(candidates: Iterable[Named], folders: Sequence[Path], *, modules: bool = False) -> EntryPoint | None:
    """Find the user's program.

    Args:
        candidates: Names, the one that wins first.
        folders: Where to look, the one that wins first.
        modules: Whether a name that is no file may be a module: `pkg.train`, or a package with `__main__`.

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
            for folder in folders if modules else ():
                if _is_module(named.name, folder):
                    return EntryPoint.module(named.name, folder)
            found = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
            raise EntryPointMissingError(named.name, named.said_by, folders, found)
    return None


def _inside(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) and ".." not in path.relative_to(folder).parts


def _kind(name: str, folder: Path) -> Kind:
    if not name.endswith(".py"):
        return Kind.COMMAND
    # `-m` wants names that can be imported: train-v1.2.py, or a folder with a space, run by their path
    dotted = name.removesuffix(".py").replace("/", ".")
    importable = all(part.isidentifier() for part in dotted.split(".")) and dotted.count(".") == name.count("/")
    return Kind.PACKAGE if importable and is_package(folder) else Kind.SCRIPT


def _is_module(name: str, folder: Path) -> bool:
    """Tell whether `python -m` would find a name: in the folder, in the package that it holds, or installed."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts) or parts[-1] in {"py", "sh"}:
        return False
    for root in (folder, folder / "src") if is_package(folder) else (folder,):
        place = root.joinpath(*parts)
        if place.with_name(f"{place.name}.py").is_file() or (place / "__main__.py").is_file():
            return True
    top = parts[0]
    return len(parts) > 1 and top not in sys.stdlib_module_names and _is_installed(top)


def _is_installed(top: str) -> bool:
    from importlib.util import find_spec  # asked for names that are no file alone

    return find_spec(top) is not None
