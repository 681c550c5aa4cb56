"""The network interface that exists, and EFA where it is found."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from byoml.launchers.interface import efa_is_here, existing_interface, network_variables

if TYPE_CHECKING:
    from pathlib import Path


def test_the_interface_that_is_named_and_exists_is_taken() -> None:
    """Every machine has some interface."""
    name = socket.if_nameindex()[0][1]
    assert existing_interface(name, "no-such-host.invalid") == name


def test_an_interface_that_no_container_has_falls_back_to_the_hosts_own() -> None:
    """SDK v3's local mode names ethwe; the loopback has this host's address."""
    loopback = next(name for _, name in socket.if_nameindex() if name.startswith("lo"))
    assert existing_interface("ethwe", "127.0.0.1") == loopback
    assert existing_interface("ethwe", "no-such-host.invalid") in [*dict(socket.if_nameindex()).values(), "ethwe"]


def test_without_efa_nothing_is_said_of_it(tmp_path: Path) -> None:
    """NCCL_PROTO=simple costs speed on other networks; what the user has set stays."""
    given = {"NCCL_SOCKET_IFNAME": "mine"}
    assert network_variables("eth0", given, tmp_path / "none") == {
        "NCCL_SOCKET_IFNAME": "mine",
        "GLOO_SOCKET_IFNAME": "eth0",
    }


def test_efa_is_found_by_its_driver_whatever_the_device_is_called(tmp_path: Path) -> None:
    """Other RDMA devices are none."""
    drivers = tmp_path / "drivers"
    for device, driver in (("mlx5_0", "mlx5_core"), ("rdmap0s6", "efa")):
        (drivers / driver).mkdir(parents=True)
        (tmp_path / device / "device").mkdir(parents=True)
        (tmp_path / device / "device/driver").symlink_to(drivers / driver)
        devices = tmp_path / f"class-{device}"
        devices.mkdir()
        (devices / device).symlink_to(tmp_path / device)
    assert not efa_is_here(tmp_path / "class-mlx5_0")
    assert network_variables("eth0", {}, tmp_path / "class-rdmap0s6") == {
        "NCCL_SOCKET_IFNAME": "eth0",
        "GLOO_SOCKET_IFNAME": "eth0",
        "FI_PROVIDER": "efa",
        "NCCL_PROTO": "simple",
        "RDMAV_FORK_SAFE": "1",
    }
