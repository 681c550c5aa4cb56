"""Whether pip can read requirements.txt; what it asks for is not looked up."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from byoml.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["check_requirements"]

# The public package where it is installed, else the copy that pip itself reads requirements with.
_PARSERS = ("packaging.requirements", "pip._vendor.packaging.requirements")
_INCLUDES = ("-r", "--requirement", "-c", "--constraint")
_PLACES = ("./", "../", "/", "file:", "http:", "https:", "git+", "hg+", "svn+", "bzr+")
_COMMANDS = ("pip ", "pip3 ", "conda ", "python ")


def check_requirements(path: Path) -> Iterator[Finding]:
    """Read a requirements file as pip would.

    Args:
        path: The file; it need not exist.

    Yields:
        An error for each line that pip refuses, and for files that it names and are not there.
    """
    if path.is_file():
        yield from _check_file(path, _requirement_class(), set())


def _requirement_class() -> Callable[[str], Any] | None:
    for name in _PARSERS:
        try:
            found: Callable[[str], Any] = importlib.import_module(name).Requirement
        except ImportError:
            continue
        return found
    return None


def _check_file(path: Path, requirement: Callable[[str], Any] | None, seen: set[Path]) -> Iterator[Finding]:
    seen.add(path.resolve())
    try:
        lines = list(_lines(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        yield Finding.error(path, f"cannot be read ({error}); it must be UTF-8 text")
        return
    for number, line in lines:
        option, _, name = line.replace("=", " ", 1).partition(" ") if line.startswith("-") else ("", "", "")
        included = path.parent / name.strip()
        if option in _INCLUDES and "://" not in name:
            if not included.is_file():
                yield Finding.error(f"{path}:{number}", f"{name.strip()} is not there; put it into the folder")
            elif included.resolve() not in seen:
                yield from _check_file(included, requirement, seen)
        elif not option:
            text = _wrong_with(line, path, requirement)
            if text:
                yield Finding.error(f"{path}:{number}", text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give what pip takes for lines: joined at a backslash, without comments and options of one requirement."""
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = start or number
        joined += line
        if joined.endswith("\\") and not joined.lstrip().startswith("#"):
            joined = joined[:-1]
            continue
        content = "" if joined.lstrip().startswith("#") else joined.split(" #", 1)[0].strip()
        if content:
            yield start, content
        joined, start = "", 0
    if joined.strip():
        yield start, joined.strip()


def _wrong_with(line: str, path: Path, requirement: Callable[[str], Any] | None) -> str | None:
    if line.startswith(_PLACES) or line == ".":
        is_here = line.startswith(("./", "../"))
        return f"{line} is not there; put it into the folder" if is_here and not (path.parent / line).exists() else None
    if line.startswith(_COMMANDS):
        return f"{line!r} is a command; a line names one package, such as numpy>=1.26"
    if line.endswith((".whl", ".tar.gz", ".zip")) and (path.parent / line).is_file():
        return None
    try:
        if requirement:
            requirement(line.split(" --", 1)[0].strip())
    except Exception as error:  # noqa: BLE001  InvalidRequirement, of whichever of the two packages
        reason = str(error).splitlines()[0]
        return f"pip cannot read {line!r} ({reason}); write it as in numpy>=1.26 or numpy==1.26.4"
    return None
