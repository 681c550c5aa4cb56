"""What a processing job runs, and where its code lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from byoml.errors import NothingToProcessError
from byoml.source.entry_point import Named, find
from byoml.source.fetch import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.environment.processing_env import ProcessingEnv
    from byoml.plugin.framework import Framework
    from byoml.source.entry_point import EntryPoint

__all__ = ["choose_entry_point", "split", "unpack_source"]

_DEFAULT = "processing.py"
_VARIABLE = "BYOML_PROCESS_PROGRAM"
_SUFFIXES = (".py", ".sh")
_NO_SCRIPTS = frozenset({"setup.py", "__init__.py"})
_SOURCE = "sourcedir.tar.gz"


def split(args: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Tell the script from its arguments.

    Args:
        args: The arguments of `processing`.

    Returns:
        The script, None where the first argument is an option and so is the program's; and the program's arguments.
    """
    if not args or args[0].startswith("-"):
        return None, tuple(args)
    return args[0], tuple(args[1:])


def unpack_source(env: ProcessingEnv) -> None:
    """Unpack the archive of a whole source folder, where SDKs send one as the input `code`.

    Args:
        env: The job.

    Raises:
        SourceError: It cannot be unpacked.
    """
    archive = env.paths.processing_code / _SOURCE
    if archive.is_file():
        unpack(archive, env.paths.processing_code)


def choose_entry_point(env: ProcessingEnv, script: str | None, started_in: Path, framework: Framework) -> EntryPoint:
    """Find the user's program, else the framework's.

    Args:
        env: The job.
        script: As the command line names it, None where it names none.
        started_in: Where a relative name is looked for last: an image may have a folder of its own.
        framework: The chosen framework.

    Returns:
        The entry point.

    Raises:
        EntryPointMissingError: A program is named and is not there.
        NothingToProcessError: There is neither a program nor a framework that has one.
    """
    ours = (env.paths.processing_code, env.paths.code)
    said = Named(script, "the command line") if script else Named(env.environ.get(_VARIABLE) or "", _VARIABLE)
    if said.name:
        found = find(*_placed(said, (*ours, started_in)))
    else:
        found = find([Named(_DEFAULT)], ours[::-1]) or _only_script(env.paths.processing_code)
    entry_point = found or framework.default_processing_entry_point(env)
    if entry_point is None:
        raise NothingToProcessError(env.paths.processing_code, _scripts(env.paths.processing_code))
    return entry_point


def _placed(said: Named, folders: tuple[Path, ...]) -> tuple[list[Named], tuple[Path, ...]]:
    """Take an absolute path, as SDKs send it, for a name in the folder it leads to."""
    path = Path(said.name)
    if not path.is_absolute():
        return [said], folders
    home = next((folder for folder in folders if path.is_relative_to(folder)), path.parent)
    return [Named(path.relative_to(home).as_posix(), said.said_by)], (home,)


def _only_script(folder: Path) -> EntryPoint | None:
    scripts = _scripts(folder)
    return find([Named(scripts[0])], [folder]) if len(scripts) == 1 else None


def _scripts(folder: Path) -> list[str]:
    files = sorted(folder.iterdir()) if folder.is_dir() else ()
    return [file.name for file in files if file.suffix in _SUFFIXES and file.name not in _NO_SCRIPTS and file.is_file()]
