"""Hosts of one job: plain processes on addresses of the loopback, or network namespaces with names of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blackbox import free_port
from cluster import Cluster, Host, run_ip

if TYPE_CHECKING:
    from collections.abc import Iterator

_NETNS = Path("/etc/netns")


def _namespaces_refused() -> str | None:
    """Say why network namespaces cannot be had; None where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in ("ip", "unshare") if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    name = f"byoml-probe-{os.getpid()}"
    made = run_ip("netns", "add", name, check=False)
    if made.returncode:
        return f"network namespaces cannot be made: {made.stderr.strip()}"
    run_ip("netns", "delete", name)
    return None


def _connect(namespace: str, hub: str, number: int) -> None:
    """Give a namespace the interface eth0 and an address, through the hub's bridge."""
    link = f"v{number}"
    run_ip("netns", "add", namespace)
    run_ip("-n", hub, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    run_ip("-n", hub, "link", "set", link, "master", "bridge", "up")
    run_ip("-n", namespace, "address", "add", f"10.213.7.{number}/24", "dev", "eth0")
    run_ip("-n", namespace, "link", "set", "eth0", "up")
    run_ip("-n", namespace, "link", "set", "lo", "up")


def _namespaced(tmp_path: Path, count: int) -> Iterator[list[Host]]:
    refused = _namespaces_refused()
    if refused:
        pytest.skip(refused)
    tag = f"byoml{os.getpid()}"
    hub, names = f"{tag}-hub", [f"algo-{number}" for number in range(1, count + 1)]
    namespaces = [f"{tag}-{name}" for name in names]
    table = "127.0.0.1 localhost\n" + "".join(f"10.213.7.{n} {name}\n" for n, name in enumerate(names, 1))
    try:
        run_ip("netns", "add", hub)
        run_ip("-n", hub, "link", "add", "bridge", "type", "bridge")
        run_ip("-n", hub, "link", "set", "bridge", "up")
        hosts = []
        for number, (name, namespace) in enumerate(zip(names, namespaces, strict=True), 1):
            _connect(namespace, hub, number)
            (_NETNS / namespace).mkdir(parents=True)
            (_NETNS / namespace / "hosts").write_text(table)
            # As on the platform, the name that the system tells is not the one in the job's files.
            inside = f'hostname ip-10-213-7-{number}; exec "$@"'
            unshare = ("unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", inside, "sh")
            prefix = ("ip", "netns", "exec", namespace, *unshare)
            hosts.append(Host(name, tmp_path / name, prefix, namespace))
        yield hosts
    finally:
        for namespace in (*namespaces, hub):
            run_ip("netns", "delete", namespace, check=False)
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
