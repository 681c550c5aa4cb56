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
from byoml.local.hosts import HostProgram, Signals, run
from byoml.local.processing_tree import CODE, build_processing, check_processing, program_args
from byoml.local.runner import Data, chosen
from byoml.local.tree import place_of
from byoml.local.values import ProcessResult
from byoml.local.variables import process_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.environment.paths import ContainerPaths
    from byoml.local.hosts import HostsOutcome
    from byoml.local.runner import Runner
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
    name = f"local-{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    signals = Signals()
    with (
        signals.listening(),
        chosen("processing", spec.image, environ, spec.hosts, tuple(spec.inputs.values())) as runner,
        tempfile.TemporaryDirectory(prefix="byoml-") as folder,
    ):
        site = runner.site(spec.hosts)
        hosts = site.hosts
        work = Path(folder).resolve()
        tell(f"building the tree of {len(hosts)} host(s)")
        trees = {host: build_processing(work / host, host, site, spec, name) for host in hosts}
        runner.warn(work / hosts[0], trees[hosts[0]].processing_code, _code_of_user(spec))
        tell("processing")
        outcome = run([_program(host, tree.base, spec, runner) for host, tree in trees.items()], signals)
        result = ProcessResult(outcome.exit_code, _message(trees, outcome), _undeclared(trees, spec))
        for output, target in spec.outputs.items():
            tell(f"copying output {output!r} to {target}")
            folders = {host: tree.processing_output / output for host, tree in trees.items()}
            _collect(output, folders, work / f"merged-{output}", target, outcome)
        return result


def _code_of_user(spec: ProcessSpec) -> Path | None:
    code = spec.source or spec.inputs.get(CODE)
    return code or (Path(spec.script).parent if spec.script else None)


def _program(host: str, tree: Path, spec: ProcessSpec, runner: Runner) -> HostProgram:
    variables = process_variables(runner.environ, spec, runner.base(tree))
    inputs = [(name, path) for name, path in spec.inputs.items() if name != CODE]
    data = [Data(f"processing/input/{place_of(name, path)}", path) for name, path in inputs]
    start = runner.start(("processing", *program_args(spec)), tree, variables, host, data)
    return HostProgram(host, start.command, tree, start.variables, tree.with_name(f"{host}.log"))


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
