"""The hosts of the job and this host's place among them (contract/training 1.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ResourceConfig"]

_ONE_GROUP = "homogeneousCluster"


@dataclass(frozen=True)
class ResourceConfig:
    """Who takes part in the job; every key of the file has a default.

    Args:
        current_host: This host's name.
        hosts: All hosts, in the file's order, which is the same on each of them; the index is the rank.
        network_interface: The interface that connects them.
        instance_type: Such as `ml.g5.xlarge`; `local` where the file says nothing.
        group: Name of this host's instance group.
        groups: Instance groups by name, each the file's object.
        topology: The file's topology, None where there is none.
        raw: The file's object.
    """

    current_host: str = "localhost"
    hosts: tuple[str, ...] = ("localhost",)
    network_interface: str = "eth0"
    instance_type: str = "local"
    group: str = _ONE_GROUP
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    topology: Any = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> ResourceConfig:
        """Read the file's object.

        Args:
            raw: `resourceconfig.json`; empty for a job of one host, `localhost`.

        Returns:
            The value.

        Raises:
            SettingError: `hosts` is not a list of names, or does not hold `current_host`; or a group has no name.
        """
        current = str(raw.get("current_host") or "localhost")
        hosts = raw.get("hosts") or [current]
        if not isinstance(hosts, list) or current not in hosts:
            raise SettingError("hosts of resourceconfig.json", hosts, f"a list that holds current_host, {current!r}")
        return cls(
            current,
            tuple(map(str, hosts)),
            str(raw.get("network_interface_name") or "eth0"),
            str(raw.get("current_instance_type") or "local"),
            str(raw.get("current_group_name") or _ONE_GROUP),
            _groups_by_name(raw.get("instance_groups") or []),
            raw.get("topology"),
            raw,
        )

    @property
    def host_rank(self) -> int:
        return self.hosts.index(self.current_host)

    @property
    def master_host(self) -> str:
        return self.hosts[0]

    def group_hosts(self, *groups: str) -> tuple[str, ...]:
        """Name the hosts of instance groups, in rank order.

        Args:
            groups: Group names.

        Returns:
            The hosts; none for a group that the file does not have.
        """
        members = {host for group in groups for host in self.groups.get(group, {}).get("hosts", ())}
        return tuple(host for host in self.hosts if host in members)


def _groups_by_name(said: object) -> dict[str, Mapping[str, Any]]:
    wanted = "a list of objects, each with instance_group_name"
    if not isinstance(said, list):
        raise SettingError("instance_groups of resourceconfig.json", said, wanted)
    for group in said:
        if not isinstance(group, dict) or "instance_group_name" not in group:
            raise SettingError("a group of instance_groups in resourceconfig.json", group, wanted)
    return {str(group["instance_group_name"]): group for group in said}
