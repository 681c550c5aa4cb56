"""The network that connects the hosts: an interface that exists, and EFA where it is found."""

from __future__ import annotations

import fcntl
import shutil
import socket
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["efa_is_here", "existing_interface", "network_variables"]

_DEVICES = Path("/sys/class/infiniband")
_PROBE_SECONDS = 20
_SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of an interface
_NAME_BYTES = 15


def existing_interface(named: str, current_host: str) -> str:
    """Find the interface to use; SDK v3's local mode names one, `ethwe`, that no container has.

    Args:
        named: What `resourceconfig.json` names.
        current_host: This host's name.

    Returns:
        The one named if it exists; else the one with this host's address, else the first with any but a loopback's.
    """
    names = [name for _, name in socket.if_nameindex()]
    if named in names:
        return named
    own = _address_of(current_host) or ""
    on = {name: address for name in names if (address := _address_on(name))}
    if own.startswith("127."):  # several hosts on one machine
        return next((name for name in on if on[name].startswith("127.")), named)
    others = (name for name in on if not on[name].startswith("127."))
    return next((name for name in on if on[name] == own), None) or next(others, None) or named


def _address_of(host: str) -> str | None:
    try:
        return socket.gethostbyname(host)
    except (OSError, UnicodeError):
        return None


def _address_on(interface: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", interface.encode()[:_NAME_BYTES]))
        except OSError:  # it has none
            return None
    return socket.inet_ntoa(answer[20:24])


def efa_is_here(devices: Path = _DEVICES) -> bool:
    """Tell whether this host has an Elastic Fabric Adapter, by its driver or by libfabric's own word.

    Args:
        devices: Where the system lists RDMA devices.
    """
    found = devices.iterdir() if devices.is_dir() else ()
    if any(device.name.startswith("efa") or (device / "device/driver").resolve().name == "efa" for device in found):
        return True
    fi_info = shutil.which("fi_info")
    if fi_info is None:
        return False
    try:
        probe = subprocess.run((fi_info, "-p", "efa"), capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.returncode == 0


def network_variables(interface: str, given: Mapping[str, str], devices: Path = _DEVICES) -> dict[str, str]:
    """Make the variables that steer NCCL, gloo and libfabric.

    Args:
        interface: The interface that connects the hosts.
        given: The program's variables; what the user has set there stays.
        devices: Where the system lists RDMA devices.

    Returns:
        NCCL's and gloo's interface, and EFA's settings only where EFA is: elsewhere they cost speed, or fail.
    """
    wanted = {"NCCL_SOCKET_IFNAME": interface, "GLOO_SOCKET_IFNAME": interface}
    if efa_is_here(devices):
        wanted |= {"FI_PROVIDER": "efa", "NCCL_PROTO": "simple", "RDMAV_FORK_SAFE": "1"}
    return {name: given.get(name) or value for name, value in wanted.items()}
