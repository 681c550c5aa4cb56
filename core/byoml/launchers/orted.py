"""Open MPI's daemon `orted`: the one program that a host starts when the master asks, its arguments checked."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from byoml.launcher_errors import LauncherMissingError, LauncherRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["arguments_of", "orted_command"]

_PROGRAM = "orted"
_PARAMETER = ("-mca", "--mca")
_GLOBAL_PARAMETER = ("-gmca", "--gmca")
# Ours is the side that decides whether orted becomes a daemon: it does not, so that its end is seen.
_DROPPED_FLAGS = ("--daemonize", "--set-sid")
_DROPPED_PARAMETERS = ("plm_rsh_agent",)
_FRAMEWORKS = (
    "allocator|bml|btl|coll|dfs|errmgr|ess|fbtl|fcoll|filem|fs|grpcomm|hwloc|if|io|iof|mpi|mtl|oob|op|opal|orte|osc|patcher"
    "|plm|pmix|pml|ras|reachable|rmaps|rml|routed|rtc|schizo|sharedfp|shmem|snapc|state|topo|vprotocol|hook|timer|memory"
    "|mpool|rcache|odls|base|common|mpi_leave_pinned"
)
_NAME = re.compile(rf"(?:{_FRAMEWORKS})(?:_[a-z0-9_]+)?")
# Parameters that name a program to run or a file to load.
_UNSAFE_NAME = re.compile(r"agent|path|_dirs?$|tmpdir|exec|command|_cmd|file|fork|preload|script|prefix|library|hook")
_VALUE = re.compile(r"[A-Za-z0-9_.,:;/@^~*?=+\-\[\]()# ]*")
_LONGEST = 2**18


def arguments_of(words: Sequence[str]) -> list[str]:
    """Take orted's arguments out of the command line that mpirun would have had a remote shell run.

    Args:
        words: The line as words; what stands before `orted`, such as `PATH=...;`, is for the shell.

    Returns:
        What follows `orted`.

    Raises:
        LauncherRefusal: The line starts no orted.
    """
    for index, word in enumerate(words):
        if word.rpartition("/")[2] == _PROGRAM:
            return list(words[index + 1 :])
    raise LauncherRefusal(f"mpirun asks for {' '.join(words)[:200]!r}, which is no {_PROGRAM}")


def orted_command(arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Make the command that the master orders.

    Args:
        arguments: orted's arguments, as they came.
        variables: This host's variables: the program is looked up on its own PATH.

    Returns:
        The argument vector.

    Raises:
        LauncherRefusal: Some argument is none that mpirun gives, or could make orted run or load something else.
        LauncherMissingError: There is no orted.
    """
    if sum(map(len, arguments)) > _LONGEST:
        raise LauncherRefusal("the arguments are too long")
    checked = tuple(_checked(list(arguments)))
    program = shutil.which(_PROGRAM, path=variables.get("PATH"))
    if program is None:
        raise LauncherMissingError("MPI", _PROGRAM, "install Open MPI when the image is built")
    return (program, *checked)


def _checked(arguments: list[str]) -> Iterator[str]:
    while arguments:
        option = arguments.pop(0)
        if option in _DROPPED_FLAGS:
            continue
        if option not in (*_PARAMETER, *_GLOBAL_PARAMETER) or len(arguments) < 2:  # noqa: PLR2004  a name and a value
            raise LauncherRefusal(f"{_PROGRAM} is not started with {option!r}")
        name, value = arguments.pop(0), arguments.pop(0)
        if name in _DROPPED_PARAMETERS:
            continue
        if not _NAME.fullmatch(name) or _UNSAFE_NAME.search(name):
            raise LauncherRefusal(f"{_PROGRAM} is not started with the parameter {name!r}")
        if not _VALUE.fullmatch(value):
            raise LauncherRefusal(f"{_PROGRAM} is not started with {name} {value!r}")
        yield from (option, name, value)
