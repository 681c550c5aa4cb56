"""Hosts of one job: plain processes on addresses of the loopback, or network namespaces with names of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import environment, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECONDS = 45
_NETNS = Path("/etc/netns")


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
        subprocess.run(("ip", "-n", str(self.namespace), "link", "set", "eth0", "down"), check=True)

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


def _namespaces_refused() -> str | None:
    """Say why network namespaces cannot be had; None where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in ("ip", "unshare") if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    name = f"byoml-probe-{os.getpid()}"
    made = subprocess.run(("ip", "netns", "add", name), capture_output=True, text=True)
    if made.returncode:
        return f"network namespaces cannot be made: {made.stderr.strip()}"
    subprocess.run(("ip", "netns", "delete", name), check=True)
    return None


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


def _connect(namespace: str, hub: str, number: int) -> None:
    """Give a namespace the interface eth0 and an address, through the hub's bridge."""
    link = f"v{number}"
    _ip("netns", "add", namespace)
    _ip("-n", hub, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip("-n", hub, "link", "set", link, "master", "bridge", "up")
    _ip("-n", namespace, "address", "add", f"10.213.7.{number}/24", "dev", "eth0")
    _ip("-n", namespace, "link", "set", "eth0", "up")
    _ip("-n", namespace, "link", "set", "lo", "up")


def _namespaced(tmp_path: Path, count: int) -> Iterator[list[Host]]:
    refused = _namespaces_refused()
    if refused:
        pytest.skip(refused)
    tag = f"byoml{os.getpid()}"
    hub, names = f"{tag}-hub", [f"algo-{number}" for number in range(1, count + 1)]
    namespaces = [f"{tag}-{name}" for name in names]
    table = "127.0.0.1 localhost\n" + "".join(f"10.213.7.{n} {name}\n" for n, name in enumerate(names, 1))
    try:
        _ip("netns", "add", hub)
        _ip("-n", hub, "link", "add", "bridge", "type", "bridge")
        _ip("-n", hub, "link", "set", "bridge", "up")
        hosts = []
        for number, (name, namespace) in enumerate(zip(names, namespaces, strict=True), 1):
            _connect(namespace, hub, number)
            (_NETNS / namespace).mkdir(parents=True)
            (_NETNS / namespace / "hosts").write_text(table)
            # As on the platform, the name that the system tells is not the one in the job's files.
            inside = f"hostname ip-10-213-7-{number}; exec \"$@\""
            unshare = ("unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", inside, "sh")
            prefix = ("ip", "netns", "exec", namespace, *unshare)
            hosts.append(Host(name, tmp_path / name, prefix, namespace))
        yield hosts
    finally:
        for namespace in (*namespaces, hub):
            subprocess.run(("ip", "netns", "delete", namespace), capture_output=True)
            shutil.rmtree(_NETNS / namespace, ignore_errors=True)


@pytest.fixture(params=["addresses", "namespaces"])
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """Two hosts: on 127.0.0.1 and 127.0.0.2, and again as network namespaces."""
    yield from _cluster(request.param, tmp_path)


@pytest.fixture
def namespaces(tmp_path: Path) -> Iterator[Cluster]:
    """Two hosts that are network namespaces, so that one can be cut off."""
    yield from _cluster("namespaces", tmp_path)


def _cluster(kind: str, tmp_path: Path) -> Iterator[Cluster]:
    making = _namespaced(tmp_path, 2) if kind == "namespaces" else iter([[_plain(n, tmp_path) for n in (1, 2)]])
    hosts = next(making)
    for host in hosts:
        host.base.mkdir()
    ports = {"BYOML_STATUS_PORT": str(free_port()), "BYOML_TORCHRUN_MASTER_PORT": str(free_port())}
    found = Cluster(hosts, {"TRAINING_JOB_NAME": f"job-{tmp_path.name}", "BYOML_PEER_TIMEOUT_SECONDS": "30", **ports})
    try:
        yield found
    finally:
        found.end()
        next(making, None)


def _plain(number: int, tmp_path: Path) -> Host:
    address = f"127.0.0.{number}"
    return Host(address, tmp_path / address)


@pytest.fixture
def clock() -> Any:
    """The monotonic clock."""
    return time.monotonic
