"""The whole examination of a source folder, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.check.arguments import check_arguments
from byoml.check.finding import Finding
from byoml.check.functions import check_functions
from byoml.check.limits import check_limits
from byoml.check.parser import read_parser
from byoml.check.requirements import check_requirements
from byoml.check.source import read_program
from byoml.environment.hyperparameters import Hyperparameters
from byoml.errors import EntryPointMissingError
from byoml.local.place import lines_that_spell
from byoml.plugin.manager import frameworks, make_manager
from byoml.plugin.selection import select
from byoml.source.entry_point import Named, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.check.finding import CheckRequest

__all__ = ["check"]

_SERVING = "inference.py"
_USUAL = ("train.py", "processing.py", _SERVING)


def check(request: CheckRequest, environ: Mapping[str, str]) -> list[Finding]:
    """Examine a source folder.

    Args:
        request: What is looked at.
        environ: The user's environment, for the choice of plugins.

    Returns:
        What was found, in the order of a job: entry point, hyperparameters, requirements, functions, paths.
    """
    findings: list[Finding] = []
    programs = _programs(request, environ, findings)
    findings += check_limits(request)
    for program in programs:
        findings += _check_program(request, program, trains=program == programs[0])
    findings += check_requirements(request.folder / "requirements.txt")
    findings += _spelled_paths(request.folder)
    return list(dict.fromkeys(findings))


def _programs(request: CheckRequest, environ: Mapping[str, str], findings: list[Finding]) -> list[Path]:
    """Find the programs of the folder: the entry point, and the inference script beside it."""
    folder = request.folder
    reserved = Hyperparameters.from_raw(request.hyperparameters).reserved_text("sagemaker_program")
    said = (request.entry_point, "--entry-point") if request.entry_point else (reserved, "sagemaker_program")
    names = [Named(said[0], said[1])] if said[0] else [Named(name) for name in _USUAL]
    try:
        entry_point = find(names, [folder])
    except EntryPointMissingError as error:
        findings.append(Finding.error(folder, str(error)))
        entry_point = None
    else:
        if entry_point is None:
            findings.append(_no_program(request, environ))
    found = [folder / entry_point.name] if entry_point else []
    return list(dict.fromkeys([*found, *filter(lambda path: path.is_file(), [folder / _SERVING])]))


def _no_program(request: CheckRequest, environ: Mapping[str, str]) -> Finding:
    framework = select(frameworks(make_manager(environ)), request.framework or environ.get("BYOML_FRAMEWORK"))
    if framework.capabilities.trains:
        return Finding.note(request.folder, f"has no program; the built-in algorithm of {framework.name} would train")
    listed = ", ".join(_USUAL)
    return Finding.error(request.folder, f"no program is there: name it with --entry-point, or call it one of {listed}")


def _check_program(request: CheckRequest, program: Path, *, trains: bool) -> Iterator[Finding]:
    if program.suffix != ".py":
        return
    sources, broken = read_program(program, request.folder)
    yield from broken
    if not sources or sources[0].path != program:
        return
    yield from check_functions(sources[0])
    if trains and program.name != _SERVING:
        parser = None if broken else read_parser(sources)
        if parser:
            yield from check_arguments(request, parser)
        elif request.hyperparameters:
            yield Finding.note(program, "whether it takes the hyperparameters cannot be told from its text")


def _spelled_paths(folder: Path) -> Iterator[Finding]:
    for path, line in lines_that_spell(folder):
        text = "spells /opt/ml; the SM_* variables (SM_MODEL_DIR, SM_CHANNEL_TRAIN ...) are right everywhere"
        yield Finding.note(f"{folder / path}:{line}", text)
