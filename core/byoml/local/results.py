"""The folder that a job's results go to, and what may be replaced in it."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from byoml.errors import SettingError
from byoml.local.artifact import merge, pack
from byoml.local.errors import FilesClashError
from byoml.local.metrics import merge_metrics
from byoml.local.ownership import hand_back, make_folder
from byoml.local.values import JobResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.environment.paths import ContainerPaths
    from byoml.local.hosts import HostsOutcome
    from byoml.local.ownership import Owner

__all__ = ["ResultFolder"]

_METRICS = "metrics.jsonl"
_ENTRIES = frozenset({"model", "model.tar.gz", ".model.tar.gz.part", "output", "logs", _METRICS, ".job"})
# The names of hosts: of processes on this machine, and of containers.
_LOG = re.compile(r"(127\.0\.0\.|algo-)\d{1,3}\.log")
_FAILURE = "failure"


class ResultFolder:
    """The folder named by `--output`.

    Args:
        path: The folder; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner: Owner | None = None

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def output(self) -> Path:
        return self.path / "output"

    def log(self, host: str) -> Path:
        return self.path / "logs" / f"{host}.log"

    def clear(self) -> None:
        """Make it an empty folder.

        Raises:
            SettingError: It holds something else than the result of an earlier job.
        """
        if self.path.exists() and not self._holds_only_a_result():
            allowed = "a folder that is empty, does not exist, or holds nothing but the result of an earlier local job"
            raise SettingError("--output", str(self.path), allowed)
        self._owner = make_folder(self.path)
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def _holds_only_a_result(self) -> bool:
        """Tell by the logs, whose names only such a job gives, that all is ours."""
        if not self.path.is_dir():
            return False
        entries = list(self.path.iterdir())
        if not entries:
            return True
        if any(entry.name not in _ENTRIES or entry.is_symlink() for entry in entries):
            return False
        logs = list((self.path / "logs").glob("*"))
        return bool(logs) and all(_LOG.fullmatch(log.name) for log in logs)

    @contextmanager
    def trees(self, hosts: tuple[str, ...]) -> Iterator[dict[str, Path]]:
        """Give each host's tree a place beside the results, so that results are moved and not copied.

        Args:
            hosts: All hosts; each gets its log file.

        Returns:
            Where each host's tree goes; what is left of them is removed at the end.
        """
        (self.path / "logs").mkdir()
        for host in hosts:
            self.log(host).touch()
        work = self.path / ".job"
        work.mkdir()
        try:
            yield {host: (work / host).resolve() for host in hosts}
        finally:
            shutil.rmtree(work)
            if self._owner:
                hand_back(self.path, self._owner)

    def collect(self, trees: Mapping[str, ContainerPaths], outcome: HostsOutcome) -> JobResult:
        """Move the hosts' results here, and pack the model of a job that did not fail.

        Args:
            trees: Each host's tree.
            outcome: How the hosts ended.

        Returns:
            The job's result.

        Raises:
            FilesClashError: The job succeeded, and its hosts wrote different files of one name.
        """
        failure = _failure(trees, outcome)
        metrics = merge_metrics(trees, self.path / _METRICS)
        self._merge("output", {host: tree.output for host, tree in trees.items()}, outcome)
        if failure is not None:
            (self.output / _FAILURE).write_text(failure, encoding="utf-8")
        self._merge("model", {host: tree.model for host, tree in trees.items()}, outcome)
        artifact = self.path / "model.tar.gz" if not outcome.exit_code or outcome.stopped else None
        if artifact:
            pack(self.model, artifact)
        logs = tuple(self.log(host) for host in trees)
        return JobResult(outcome.exit_code, failure, self.model, artifact, self.output, logs, metrics)

    def _merge(self, kind: str, folders: Mapping[str, Path], outcome: HostsOutcome) -> None:
        without = frozenset({_FAILURE}) if kind == "output" else frozenset[str]()
        try:
            merge(kind, folders, self.path / kind, without)
        except FilesClashError:
            if not outcome.exit_code:  # what failed first is the error to show
                raise


def _failure(trees: Mapping[str, ContainerPaths], outcome: HostsOutcome) -> str | None:
    """Read the failure file of the host that failed first; hosts that were stopped for it have nothing to say."""
    tree = trees[outcome.failed or next(iter(trees))]
    if not tree.failure.is_file():
        return None
    return tree.failure.read_bytes().decode("utf-8", "replace")
