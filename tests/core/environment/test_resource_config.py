"""The hosts of a job (contract/training 1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from byoml.environment.resource_config import ResourceConfig
from byoml.errors import SettingError
from hypothesis import given
from hypothesis import strategies as st

_HOSTS = ["algo-1", "algo-10", "algo-2"]


def test_without_the_file_there_is_one_host() -> None:
    """Every key has a default."""
    alone = ResourceConfig.from_raw({})
    assert (alone.current_host, alone.hosts, alone.host_rank, alone.master_host) == (
        "localhost",
        ("localhost",),
        0,
        "localhost",
    )
    assert (alone.network_interface, alone.instance_type, alone.group) == ("eth0", "local", "homogeneousCluster")
    assert (alone.groups, alone.topology) == ({}, None)


def test_the_rank_is_the_place_in_the_files_order() -> None:
    """The list is not sorted again: it is the same on all hosts as it stands."""
    config = ResourceConfig.from_raw({"current_host": "algo-2", "hosts": _HOSTS})
    assert (config.host_rank, config.master_host, config.hosts) == (2, "algo-1", tuple(_HOSTS))


def test_the_hosts_of_groups_come_in_rank_order() -> None:
    """A group that the file does not have has none."""
    groups = [
        {"instance_group_name": "a", "instance_type": "ml.x", "hosts": ["algo-2", "algo-1"]},
        {"instance_group_name": "b", "instance_type": "ml.y", "hosts": ["algo-10"]},
    ]
    config = ResourceConfig.from_raw(
        {"current_host": "algo-1", "hosts": _HOSTS, "current_group_name": "a", "instance_groups": groups}
    )
    assert config.group == "a"
    assert config.group_hosts("a") == ("algo-1", "algo-2")
    assert config.group_hosts("b", "a") == tuple(_HOSTS)
    assert config.group_hosts("c") == ()
    assert list(config.groups) == ["a", "b"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"current_host": "algo-3", "hosts": _HOSTS}, "a list that holds current_host, 'algo-3'"),
        ({"hosts": "localhost"}, "hosts of resourceconfig.json is 'localhost'"),
        ({"instance_groups": {"a": 1}}, "instance_groups of resourceconfig.json"),
        ({"instance_groups": [{"hosts": []}]}, "each with instance_group_name"),
        ({"instance_groups": ["a"]}, "each with instance_group_name"),
    ],
)
def test_a_file_that_contradicts_itself_is_said_in_words(raw: dict[str, Any], words: str) -> None:
    """The error names the key, what it is and what it must be."""
    with pytest.raises(SettingError) as caught:
        ResourceConfig.from_raw(raw)
    assert words in str(caught.value)


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.data())
def test_every_host_finds_itself_and_one_master(hosts: list[str], data: st.DataObject) -> None:
    """Whatever the names, ranks count from the same first host."""
    current = data.draw(st.sampled_from(hosts))
    config = ResourceConfig.from_raw({"current_host": current, "hosts": hosts})
    assert config.hosts[config.host_rank] == current
    assert config.master_host == hosts[0]
