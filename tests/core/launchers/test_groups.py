"""The hosts of a distributed program, and the processes of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.accelerators import Accelerators
from byoml.environment.training_env import TrainingEnv
from byoml.errors import SettingError
from byoml.launchers.groups import HostGroup, needed_peers

if TYPE_CHECKING:
    from pathlib import Path

_ELEVEN = [*(f"algo-{n}" for n in (1, 10, 11)), *(f"algo-{n}" for n in range(2, 10))]
_GROUPS = [
    {"instance_group_name": "a", "instance_type": "ml.m5.large", "hosts": ["algo-1"]},
    {"instance_group_name": "b", "instance_type": "ml.g5.xlarge", "hosts": ["algo-2", "algo-3"]},
]
_MPI = {"sagemaker_mpi_enabled": "true"}
_DISTRIBUTED = "sagemaker_distribution_instance_groups"


def _env(base: Path, hyperparameters: dict[str, str], drivers: object = None, **resources: Any) -> TrainingEnv:
    config = base / "input/config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    if drivers is not None:
        folder = base / "input/data/sm_drivers"
        folder.mkdir(parents=True)
        (folder / "distributed.json").write_text(json.dumps(drivers))
    return TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(base)})


def test_without_groups_all_hosts_take_part_in_the_files_order(tmp_path: Path) -> None:
    """Eleven hosts are ranked as the file lists them, algo-10 before algo-2."""
    group = HostGroup.of(_env(tmp_path, _MPI, current_host="algo-10", hosts=_ELEVEN))
    assert (group.hosts, group.master, group.rank) == (tuple(_ELEVEN), "algo-1", 1)
    assert (group.takes_part, group.is_master) == (True, False)


def test_the_master_is_the_first_host_of_the_distribution_groups(tmp_path: Path) -> None:
    """The job's first host is in another group: it takes no part, and no rank."""
    hosts = ["algo-1", "algo-2", "algo-3"]
    named = {**_MPI, _DISTRIBUTED: '["b"]'}
    env = _env(tmp_path, named, current_host="algo-1", hosts=hosts, instance_groups=_GROUPS, current_group_name="a")
    group = HostGroup.of(env)
    assert (group.hosts, group.master, group.takes_part) == (("algo-2", "algo-3"), "algo-2", False)
    assert needed_peers(env) == []


def test_a_host_waits_for_the_hosts_of_its_program_alone(tmp_path: Path) -> None:
    """Without a launcher it waits for all: the script may connect them by itself."""
    hosts = ["algo-1", "algo-2", "algo-3"]
    facts = {"current_host": "algo-2", "hosts": hosts, "instance_groups": _GROUPS, "current_group_name": "b"}
    assert needed_peers(_env(tmp_path / "mpi", _MPI, **facts)) == ["algo-3"]
    assert needed_peers(_env(tmp_path / "plain", {}, **facts)) == ["algo-1", "algo-3"]


def test_sdk_v3_knows_no_groups(tmp_path: Path) -> None:
    """Its distributed.json means all hosts."""
    env = _env(tmp_path, {}, {"smp": None}, current_host="algo-1", hosts=["algo-1", "algo-2"], instance_groups=_GROUPS)
    assert HostGroup.of(env).hosts == ("algo-1", "algo-2")


@pytest.mark.parametrize(
    ("hyperparameters", "drivers", "count"),
    [
        ({"sagemaker_mpi_num_of_processes_per_host": "4"}, None, 4),
        ({"sagemaker_mpi_num_of_processes_per_host": '"4"'}, None, 4),
        ({"sagemaker_mpi_num_of_processes_per_host": "0"}, None, 1),
        ({"sagemaker_process_slots_per_host": "3"}, None, 3),
        ({}, {"process_count_per_node": 2, "smp": {}}, 2),
        ({}, {"process_count_per_node": None, "smp": {}}, 1),
        ({}, None, 1),
    ],
)
def test_processes_are_counted_as_said(
    tmp_path: Path, hyperparameters: dict[str, str], drivers: object, count: int
) -> None:
    """Nothing said, or 0, is one process where there is no accelerator."""
    assert HostGroup.of(_env(tmp_path, hyperparameters, drivers)).processes_per_host == count


@pytest.mark.parametrize(("gpus", "neurons", "count"), [(4, 0, 4), (0, 2, 2), (0, 0, 1)])
def test_each_accelerator_gets_a_process(tmp_path: Path, gpus: int, neurons: int, count: int) -> None:
    """GPUs first, then Neuron cores."""
    from dataclasses import replace

    env = replace(_env(tmp_path, _MPI), accelerators=Accelerators(8, gpus, neurons))
    assert HostGroup.of(env).processes_per_host == count


def test_a_count_that_is_no_number_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Rather than a job of one process."""
    env = _env(tmp_path, {"sagemaker_mpi_num_of_processes_per_host": "many"})
    with pytest.raises(SettingError, match="sagemaker_mpi_num_of_processes_per_host is 'many'"):
        HostGroup.of(env)
