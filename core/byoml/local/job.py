"""A whole training job on this machine, in order."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.local.hosts import HostProgram, Signals, run
from byoml.local.results import ResultFolder
from byoml.local.runner import Data, chosen
from byoml.local.tree import build_job, check_job, place_of
from byoml.local.variables import job_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from byoml.environment.paths import ContainerPaths
    from byoml.local.runner import Runner
    from byoml.local.values import JobResult, JobSpec

__all__ = ["train"]

_log = logging.getLogger("byoml.local")


def train(spec: JobSpec, environ: Mapping[str, str], tell: Callable[[str], None] = _log.debug) -> JobResult:
    """Run a training job: a tree and a `train` process for each host, their results in one folder.

    Args:
        spec: The job.
        environ: The user's environment.
        tell: Called with what happens now, one line each.

    Returns:
        What the job left.

    Raises:
        SettingError: An option's value is not possible.
        SourceError: The source is absent or no archive.
        ScriptMissingError: `train` is not installed where this Python's scripts are.
        FilesClashError: Hosts wrote different files of one name.
        Stopped: A signal came while no program ran.
    """
    check_job(spec)
    results = ResultFolder(spec.output)
    signals = Signals()
    with (
        signals.listening(),
        chosen("train", spec.image, environ, spec.hosts, tuple(spec.channels.values())) as runner,
    ):
        site = runner.site(spec.hosts)
        hosts = site.hosts
        results.clear()
        with results.trees(hosts) as places:
            tell(f"building the tree of {_counted(hosts)}")
            trees = {host: build_job(places[host], host, site, spec) for host in hosts}
            tell(f"training on {_counted(hosts)}")
            runner.warn(places[hosts[0]], trees[hosts[0]].code, spec.source)
            job = _Job(f"local-{time.strftime('%Y-%m-%d-%H-%M-%S')}", spec, runner)
            outcome = run([job.program(host, trees[host], results.log(host)) for host in hosts], signals)
            tell("packing the model")
            return results.collect(trees, outcome)


@dataclass(frozen=True)
class _Job:
    """What is the same on all hosts."""

    name: str
    spec: JobSpec
    runner: Runner

    def program(self, host: str, paths: ContainerPaths, log: Path) -> HostProgram:
        base = self.runner.base(paths.base)
        variables = job_variables(self.runner.environ, self.spec, base, self.name)
        channels = self.spec.channels.items()
        data = [Data(f"input/data/{place_of(name, path)}", path) for name, path in channels]
        start = self.runner.start(("train",), paths.base, variables, host, data)
        return HostProgram(host, start.command, paths.base, start.variables, log)


def _counted(hosts: tuple[str, ...]) -> str:
    return "1 host" if len(hosts) == 1 else f"{len(hosts)} hosts"
