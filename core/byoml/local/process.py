"""A whole processing job on this machine, in order."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.local.artifact import merge
from byoml.local.delivery import deliver
from byoml.local.errors import FilesClashError
from byoml.local.hosts import HostProgram, Signals, host_names, run
from byoml.local.place import Place, choose, warn_of
from byoml.local.processing_tree import CODE, build_processing, check_processing, program_args
from byoml.local.scripts import console_script
from byoml.local.values import ProcessResult
from byoml.local.variables import process_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.environment.paths import ContainerPaths
    from byoml.local.hosts import HostsOutcome
    from byoml.local.values import ProcessSpec

__all__ = ["process"]

_log = logging.getLogger("byoml.local")


def process(spec: ProcessSpec, environ: Mapping[str, str], tell: Callable[[str], None] = _log.debug) -> ProcessResult:
    """Run a processing job: a tree and a `processing` process for each host, their outputs in the folders named.

    Args:
        spec: The job.
        environ: The user's environment.
        tell: Called with what happens now, one line each.

    Returns:
        What the job left.

    Raises:
        SettingError: An option's value is not possible.
        SourceError: The source is absent or no archive.
        ScriptMissingError: `processing` is not installed where this Python's scripts are.
        FilesClashError: Hosts wrote different files of one name.
        Stopped: A signal came while no program ran.
    """
    check_processing(spec)
    words = (str(console_script("processing", environ.get("PATH"))), *program_args(spec))
    name = f"local-{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    hosts = host_names(spec.hosts)
    signals = Signals()
    with signals.listening(), tempfile.TemporaryDirectory(prefix="byoml-") as folder:
        work = Path(folder).resolve()
        tell(f"building the tree of {len(hosts)} host(s)")
        trees = {host: build_processing(work / host, host, hosts, spec, name) for host in hosts}
        mounted = choose(environ, spec.inputs.values())
        if not mounted:
            warn_of(work / hosts[0], trees[hosts[0]].processing_code, _code_of_user(spec))
        tell("processing")
        programs = [_program(host, Place(tree.base, mounted), words, spec, environ) for host, tree in trees.items()]
        outcome = run(programs, signals)
        result = ProcessResult(outcome.exit_code, _message(trees, outcome), _undeclared(trees, spec))
        for output, target in spec.outputs.items():
            tell(f"copying output {output!r} to {target}")
            folders = {host: tree.processing_output / output for host, tree in trees.items()}
            _collect(output, folders, work / f"merged-{output}", target, outcome)
        return result


def _code_of_user(spec: ProcessSpec) -> Path | None:
    code = spec.source or spec.inputs.get(CODE)
    return code or (Path(spec.script).parent if spec.script else None)


def _program(
    host: str, place: Place, words: tuple[str, ...], spec: ProcessSpec, environ: Mapping[str, str]
) -> HostProgram:
    log = place.tree.with_name(f"{host}.log")
    variables = process_variables(environ, spec, place.base)
    return HostProgram(host, place.command(words), place.tree, variables, log)


def _collect(output: str, folders: Mapping[str, Path], merged: Path, target: Path, outcome: HostsOutcome) -> None:
    """Merge what the hosts wrote, and copy it; where files clash, each host's go to a folder of its own."""
    clash: FilesClashError | None = None
    try:
        merge(f"output {output!r}", folders, merged)
    except FilesClashError as error:
        clash = FilesClashError(f"output {output!r}", error.clashes, target)
    deliver(output, merged, target)
    if clash and not outcome.exit_code:  # what failed first is the error to show
        raise clash


def _message(trees: Mapping[str, ContainerPaths], outcome: HostsOutcome) -> str | None:
    """Join the hosts' messages; of a job that failed, that of the host that failed first."""
    hosts = [outcome.failed] if outcome.failed else list(trees)
    files = [trees[host].message for host in hosts]
    texts = [file.read_bytes().decode("utf-8", "replace") for file in files if file.is_file()]
    return "\n".join(texts) or None


def _undeclared(trees: Mapping[str, ContainerPaths], spec: ProcessSpec) -> tuple[str, ...]:
    written = {path.name for tree in trees.values() for path in tree.processing_output.iterdir()}
    return tuple(sorted(written - spec.outputs.keys()))
