"""The variables that tell of hosts and machine, the same in training and processing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from byoml.environment.accelerators import Accelerators
    from byoml.environment.resource_config import ResourceConfig

__all__ = ["host_values", "machine_values"]


def host_values(resources: ResourceConfig) -> dict[str, Any]:
    """Give the values that come from `resourceconfig.json`, by the variable's name."""
    values = {
        "SM_HOSTS": list(resources.hosts),
        "SM_CURRENT_HOST": resources.current_host,
        "SM_HOST_RANK": resources.host_rank,
        "SM_CURRENT_HOST_RANK": resources.host_rank,
        "SM_HOST_COUNT": len(resources.hosts),
        "SM_MASTER_ADDR": resources.master_host,
        "SM_NETWORK_INTERFACE_NAME": resources.network_interface,
        "SM_CURRENT_INSTANCE_TYPE": resources.instance_type,
        "SM_CURRENT_INSTANCE_GROUP": resources.group,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": list(resources.group_hosts(resources.group)),
        "SM_INSTANCE_GROUPS": list(resources.groups),
        "SM_INSTANCE_GROUPS_DICT": dict(resources.groups),
        "SM_IS_HETERO": len(resources.groups) > 1,
        "SM_RESOURCE_CONFIG": dict(resources.raw),
    }
    return values if resources.topology is None else {**values, "SM_TOPOLOGY": resources.topology}


def machine_values(accelerators: Accelerators) -> dict[str, Any]:
    """Give what can be computed with, by the variable's name."""
    return {
        "SM_NUM_CPUS": accelerators.cpus,
        "SM_NUM_GPUS": accelerators.gpus,
        "SM_NUM_NEURONS": accelerators.neurons,
    }
