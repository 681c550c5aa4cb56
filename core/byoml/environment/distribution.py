"""Which instance groups and hosts a distributed program runs on (contract/training 5.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byoml.environment.hyperparameters import Hyperparameters
    from byoml.environment.resource_config import ResourceConfig

__all__ = ["distribution_groups", "distribution_hosts", "distribution_master", "is_on"]

_LAUNCHER_FLAG = re.compile(r"sagemaker_.*_enabled")


def is_on(value: object) -> bool:
    """Tell whether a hyperparameter switches something on, however the sender wrote `true`."""
    return value is True or str(value).strip().lower() in ("true", "1")


def distribution_groups(hyperparameters: Hyperparameters, resources: ResourceConfig) -> list[str]:
    """Name the instance groups of the distributed program.

    Args:
        hyperparameters: `sagemaker_distribution_instance_groups`, else any `sagemaker_*_enabled` that is on.
        resources: The hosts.

    Returns:
        The groups named, else this host's own where a launcher is switched on, else none.
    """
    said = hyperparameters.framework.get("sagemaker_distribution_instance_groups")
    if isinstance(said, list):
        return [str(name) for name in said]
    flags = hyperparameters.framework.items()
    distributed = any(is_on(value) and _LAUNCHER_FLAG.fullmatch(key) for key, value in flags)
    return [resources.group] if distributed else []


def distribution_hosts(hyperparameters: Hyperparameters, resources: ResourceConfig) -> tuple[str, ...]:
    """Name the hosts of those groups, in rank order; all hosts where the job has no groups."""
    if not resources.groups:
        return resources.hosts
    return resources.group_hosts(*distribution_groups(hyperparameters, resources))


def distribution_master(hyperparameters: Hyperparameters, resources: ResourceConfig) -> str:
    """Name the first host of the distributed program, else the first of the job."""
    return next(iter(distribution_hosts(hyperparameters, resources)), resources.master_host)
