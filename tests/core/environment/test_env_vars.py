"""The SM_* variables (contract/training 2.3 and 2.4)."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from byoml.environment.accelerators import Accelerators
from byoml.environment.channels import Channel
from byoml.environment.env_vars import training_variables
from byoml.environment.hyperparameters import Hyperparameters
from byoml.environment.paths import ContainerPaths
from byoml.environment.resource_config import ResourceConfig
from byoml.environment.training_env import TrainingEnv
from hypothesis import given
from hypothesis import strategies as st

_PATHS = ContainerPaths(Path("/opt/ml"))
_GROUP = {"instance_group_name": "g1", "instance_type": "ml.x", "hosts": ["algo-1", "algo-2"]}
_RESOURCES = {
    "current_host": "algo-2",
    "hosts": ["algo-1", "algo-2"],
    "current_instance_type": "ml.g5.xlarge",
    "current_group_name": "g1",
    "instance_groups": [_GROUP],
    "network_interface_name": "eth1",
}
_GOLDEN = {
    "SM_HOSTS": '["algo-1","algo-2"]',
    "SM_CURRENT_HOST": "algo-2",
    "SM_HOST_RANK": "1",
    "SM_HOST_COUNT": "2",
    "SM_MASTER_ADDR": "algo-1",
    "SM_NETWORK_INTERFACE_NAME": "eth1",
    "SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge",
    "SM_CURRENT_INSTANCE_GROUP": "g1",
    "SM_CURRENT_INSTANCE_GROUP_HOSTS": '["algo-1","algo-2"]',
    "SM_INSTANCE_GROUPS": '["g1"]',
    "SM_INSTANCE_GROUPS_DICT": '{"g1":{"hosts":["algo-1","algo-2"],"instance_group_name":"g1","instance_type":"ml.x"}}',
    "SM_DISTRIBUTION_INSTANCE_GROUPS": '["g1"]',
    "SM_IS_HETERO": "false",
    "SM_HPS": '{"epochs":3,"learning-rate":1e-07}',
    "SM_HP_EPOCHS": "3",
    "SM_HP_LEARNING-RATE": "1e-07",
    "SM_HP_LEARNING_RATE": "1e-07",
    "SM_USER_ARGS": '["--epochs","3"]',
    "SM_FRAMEWORK_PARAMS": '{"sagemaker_mpi_enabled":true}',
    "SM_CHANNELS": '["my-ch.1","train"]',
    "SM_CHANNEL_TRAIN": "/opt/ml/input/data/train",
    "SM_CHANNEL_MY-CH.1": "/opt/ml/input/data/my-ch.1",
    "SM_CHANNEL_MY_CH_1": "/opt/ml/input/data/my-ch.1",
    "SM_INPUT_DATA_CONFIG": '{"train":{"TrainingInputMode":"File"}}',
    "SM_RESOURCE_CONFIG": json.dumps(_RESOURCES, sort_keys=True, separators=(",", ":")),
    "SM_INPUT_DIR": "/opt/ml/input",
    "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
    "SM_INPUT_DATA_DIR": "/opt/ml/input/data",
    "SM_OUTPUT_DIR": "/opt/ml/output",
    "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
    "SM_OUTPUT_INTERMEDIATE_DIR": "/opt/ml/output/intermediate",
    "SM_OUTPUT_FAILURE": "/opt/ml/output/failure",
    "SM_MODEL_DIR": "/opt/ml/model",
    "SM_CHECKPOINT_DIR": "/opt/ml/checkpoints",
    "SM_MODULE_DIR": "s3://b/k/sourcedir.tar.gz",
    "SM_MODULE_NAME": "my.pyramid",
    "SM_USER_ENTRY_POINT": "my.pyramid.py",
    "SM_FRAMEWORK_MODULE": "mod:main",
    "SM_LOG_LEVEL": "20",
    "SM_NUM_CPUS": "8",
    "SM_NUM_GPUS": "4",
    "SM_NUM_NEURONS": "2",
    "SM_JOB_NAME": "job-1",
}
_TRAINING_ENV_KEYS = [
    "additional_framework_parameters",
    "channel_input_dirs",
    "current_host",
    "current_instance_type",
    "current_instance_group",
    "current_instance_group_hosts",
    "distribution_hosts",
    "distribution_instance_groups",
    "framework_module",
    "hosts",
    "hyperparameters",
    "input_config_dir",
    "input_data_config",
    "input_dir",
    "instance_groups",
    "instance_groups_dict",
    "is_hetero",
    "is_master",
    "is_modelparallel_enabled",
    "is_smddprun_installed",
    "is_smddpmprun_installed",
    "job_name",
    "log_level",
    "master_hostname",
    "model_dir",
    "module_dir",
    "module_name",
    "network_interface_name",
    "num_cpus",
    "num_gpus",
    "num_neurons",
    "output_data_dir",
    "output_dir",
    "output_intermediate_dir",
    "resource_config",
    "topology",
    "user_entry_point",
]


def _env(
    hyperparameters: dict[str, Any] | None = None,
    resources: dict[str, Any] | None = None,
    channels: tuple[str, ...] = (),
    **environ: str,
) -> TrainingEnv:
    return TrainingEnv(
        environ=environ,
        paths=_PATHS,
        hyperparameters=Hyperparameters.from_raw(hyperparameters or {}),
        channels=tuple(Channel(name, _PATHS.input_data / name) for name in channels),
        resources=ResourceConfig.from_raw(resources or {}),
        accelerators=Accelerators(8, 4, 2),
        input_data_config={"train": {"TrainingInputMode": "File"}},
    )


def _whole() -> dict[str, str]:
    env = _env(
        {"epochs": "3", "learning-rate": "1e-7", "sagemaker_mpi_enabled": "true", "sagemaker_program": "train.py"},
        _RESOURCES,
        ("my-ch.1", "train"),
        SAGEMAKER_SUBMIT_DIRECTORY="s3://b/k/sourcedir.tar.gz",
        SAGEMAKER_TRAINING_MODULE="mod:main",
        TRAINING_JOB_NAME="job-1",
    )
    return training_variables(env, "my.pyramid.py", ["--epochs", "3"])


@pytest.mark.parametrize(("name", "value"), _GOLDEN.items())
def test_each_variable_of_the_table_has_its_golden_value(name: str, value: str) -> None:
    """Contract/training 2.4, the aliases with underscores, and the names that scripts expect beside."""
    assert _whole()[name] == value


def test_the_whole_environment_is_one_object_with_the_toolkits_keys() -> None:
    """SM_TRAINING_ENV has the keys that scripts know, and the same values as the variables."""
    whole = json.loads(_whole()["SM_TRAINING_ENV"])
    assert set(_TRAINING_ENV_KEYS) <= whole.keys()
    assert whole["hosts"] == ["algo-1", "algo-2"]
    assert whole["hyperparameters"] == {"epochs": 3, "learning-rate": 1e-7}
    assert whole["channel_input_dirs"]["train"] == "/opt/ml/input/data/train"
    assert (whole["is_master"], whole["master_hostname"], whole["topology"]) == (False, "algo-1", None)


def test_topology_is_there_only_where_the_file_has_one() -> None:
    """As compact JSON."""
    assert "SM_TOPOLOGY" not in _whole()
    topology = [{"hostName": "localhost", "capacityUnitId": "u"}]
    named = training_variables(_env(resources={"topology": topology}), "train.py", [])
    assert json.loads(named["SM_TOPOLOGY"]) == topology


@pytest.mark.parametrize(
    ("hyperparameters", "groups"),
    [
        ({}, "[]"),
        ({"sagemaker_mpi_enabled": "false"}, "[]"),
        ({"sagemaker_torch_distributed_enabled": "true"}, '["homogeneousCluster"]'),
        ({"sagemaker_distribution_instance_groups": '["a","b"]'}, '["a","b"]'),
    ],
)
def test_the_groups_that_train_together_are_said_or_follow_from_the_flags(
    hyperparameters: dict[str, str], groups: str
) -> None:
    """Said by a hyperparameter, else this host's group where a launcher is switched on, else none."""
    assert training_variables(_env(hyperparameters), "x.py", [])["SM_DISTRIBUTION_INSTANCE_GROUPS"] == groups


def test_what_can_be_no_variable_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """A key with = or a value with NUL does not end the job; SM_HPS has them all."""
    with caplog.at_level(logging.WARNING, "byoml.environment"):
        named = training_variables(_env({"a=b": "x", "nul": "x\0y", "fine": "1"}), "train.py", [])
    assert "SM_HP_A=B" not in named
    assert "SM_HP_NUL" not in named
    assert named["SM_HP_FINE"] == "1"
    assert json.loads(named["SM_HPS"]) == {"a=b": "x", "nul": "x\0y", "fine": 1}
    assert "SM_HP_A=B" in caplog.text


def test_a_real_name_wins_over_anothers_alias() -> None:
    """`a-b` does not take the variable of `a_b`."""
    named = training_variables(_env({"a_b": "1", "a-b": "2"}), "train.py", [])
    assert (named["SM_HP_A_B"], named["SM_HP_A-B"]) == ("1", "2")


@given(st.dictionaries(st.text(), st.text() | st.none() | st.lists(st.integers())))
def test_any_hyperparameters_make_variables_that_a_process_can_have(hyperparameters: dict[str, Any]) -> None:
    """Names without =, nothing with NUL, texts only."""
    named = training_variables(_env(hyperparameters), "train.py", [])
    assert all(name and "=" not in name and "\0" not in name + value for name, value in named.items())
