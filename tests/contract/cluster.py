"""The hosts of one job, each with a tree of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from blackbox import environment, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cluster", "Host", "run_ip"]

_SECONDS = 45


def run_ip(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run iproute2's `ip`."""
    return subprocess.run((shutil.which("ip") or "ip", *words), check=check, capture_output=True, text=True)


@dataclass
class Host:
    """One host of a job, with a tree of its own.

    Args:
        name: As resourceconfig.json names it.
        base: The root of its tree.
        prefix: What a command is put behind so that it runs on this host.
        namespace: Its network namespace, if it has one.
    """

    name: str
    base: Path
    prefix: tuple[str, ...] = ()
    namespace: str | None = None
    process: subprocess.Popen[bytes] | None = None

    def train(self, variables: Mapping[str, str]) -> None:
        """Start `train` here."""
        command = (*self.prefix, str(Path(sys.executable).parent / "train"))
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        with (self.base / "stdout").open("wb") as stdout, (self.base / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(
                command,
                env={**environment(self.base, variables), "PATH": path},
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id of `train` itself, which may be behind the programs that make its namespaces."""
        assert self.process is not None
        if self.namespace is None:
            return self.process.pid
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def cut_off(self) -> None:
        """Take this host's network away."""
        run_ip("-n", str(self.namespace), "link", "set", "eth0", "down")

    def ended(self, seconds: float = _SECONDS) -> int:
        """Wait for the end, and give the exit code."""
        assert self.process is not None
        return self.process.wait(seconds)

    def text(self, name: str) -> str:
        """The content of a file of the tree, empty where there is none."""
        path = self.base / name
        return path.read_text("utf-8", "replace") if path.is_file() else ""


@dataclass
class Cluster:
    """The hosts of one job.

    Args:
        hosts: The hosts, the master first.
        variables: Variables of `train` on all of them.
    """

    hosts: list[Host]
    variables: dict[str, str] = field(default_factory=dict)

    def prepare(self, script: str, hyperparameters: Mapping[str, object], **config: object) -> None:
        """Write the trees of a job whose program is a Python script."""
        for host in self.hosts:
            (host.base / "input/config").mkdir(parents=True, exist_ok=True)
            (host.base / "code").mkdir(exist_ok=True)
            (host.base / "code/train.py").write_text(script)
            names = [other.name for other in self.hosts]
            resources = {"current_host": host.name, "hosts": names, "network_interface_name": "ethwe", **config}
            for name, value in (("hyperparameters", hyperparameters), ("resourceconfig", resources)):
                path = host.base / f"input/config/{name}.json"
                path.write_text(json.dumps(value))

    def start(self, **variables: str) -> None:
        for host in self.hosts:
            host.train({**self.variables, **variables})

    def run(self, script: str, hyperparameters: Mapping[str, object], **config: object) -> list[int]:
        """Run a job to its end; gives the exit codes."""
        self.prepare(script, hyperparameters, **config)
        self.start()
        return [host.ended() for host in self.hosts]

    def wait_for_file(self, name: str) -> None:
        """Wait until every host has a file in its tree."""
        there = wait_until(lambda: all((host.base / name).exists() for host in self.hosts), _SECONDS)
        assert there, "\n".join(host.text("stderr") for host in self.hosts)

    def end(self) -> None:
        """Kill what is left."""
        for host in self.hosts:
            if host.process is not None and host.process.poll() is None:
                host.signal(signal.SIGKILL)
                host.process.wait(_SECONDS)
