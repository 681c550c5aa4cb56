"""The instance groups and hosts of a distributed program."""

from __future__ import annotations

import pytest
from byoml.environment.distribution import distribution_groups, distribution_hosts, distribution_master, is_on
from byoml.environment.hyperparameters import Hyperparameters
from byoml.environment.resource_config import ResourceConfig

_RESOURCES = ResourceConfig.from_raw(
    {
        "current_host": "algo-3",
        "hosts": ["algo-1", "algo-2", "algo-3"],
        "current_group_name": "b",
        "instance_groups": [
            {"instance_group_name": "a", "hosts": ["algo-1"]},
            {"instance_group_name": "b", "hosts": ["algo-3", "algo-2"]},
        ],
    }
)


@pytest.mark.parametrize(("value", "on"), [(True, True), ("True", True), (1, True), (False, False), (None, False)])
def test_a_switch_is_on_in_every_senders_spelling(value: object, on: bool) -> None:  # noqa: FBT001  a table's column
    """A generic estimator of SDK v2 writes Python's `True`."""
    assert is_on(value) is on


@pytest.mark.parametrize(
    ("raw", "groups", "hosts", "master"),
    [
        ({}, [], (), "algo-1"),
        ({"sagemaker_mpi_enabled": "true"}, ["b"], ("algo-2", "algo-3"), "algo-2"),
        ({"sagemaker_mpi_enabled": "false"}, [], (), "algo-1"),
        ({"sagemaker_distribution_instance_groups": '["a"]'}, ["a"], ("algo-1",), "algo-1"),
    ],
)
def test_groups_decide_hosts_and_master(
    raw: dict[str, str], groups: list[str], hosts: tuple[str, ...], master: str
) -> None:
    """Groups that are named, else this host's own where a launcher is on; hosts keep the rank order of the job."""
    hyperparameters = Hyperparameters.from_raw(raw)
    assert distribution_groups(hyperparameters, _RESOURCES) == groups
    assert distribution_hosts(hyperparameters, _RESOURCES) == hosts
    assert distribution_master(hyperparameters, _RESOURCES) == master


def test_without_groups_all_hosts_are_meant() -> None:
    """Local modes and old jobs have none."""
    resources = ResourceConfig("h2", ("h1", "h2"))
    assert distribution_hosts(Hyperparameters.from_raw({}), resources) == ("h1", "h2")
