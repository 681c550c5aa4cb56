"""The variables of the user's program: the only place where SM_* names are spelled (contract/training 2.3 to 2.5)."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.environment.training_env import TrainingEnv

__all__ = ["to_env_value", "training_variables"]

_log = logging.getLogger("byoml.environment")
_LAUNCHER_FLAG = re.compile(r"sagemaker_.*_enabled")


def to_env_value(value: object) -> str:
    """Write one value as a variable's text: strings as they are, None empty, the rest as compact JSON.

    Args:
        value: Anything that came from JSON.

    Returns:
        The text.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def training_variables(env: TrainingEnv, entry_point: str, args: Sequence[str]) -> dict[str, str]:
    """Make every SM_* variable of a training job.

    Args:
        env: The job.
        entry_point: The entry point as given, such as `train.py`.
        args: The arguments made from the hyperparameters.

    Returns:
        Variables by name. Names that are no shell names, such as `SM_CHANNEL_MY-CH.1`, stand as the contract has them
        and once more with underscores.
    """
    values = {**_hosts(env), **_paths(env), **_job(env, entry_point, args)}
    values["SM_TRAINING_ENV"] = _training_env(env, entry_point)
    named = {name: to_env_value(value) for name, value in values.items()}
    for group, items in (("SM_HP_", env.hyperparameters.user), ("SM_CHANNEL_", _channel_dirs(env))):
        for key, value in items.items():
            named[group + key.upper()] = to_env_value(value)
    return _with_aliases({name: value for name, value in named.items() if _possible(name, value)})


def _possible(name: str, value: str) -> bool:
    possible = "=" not in name and "\0" not in name + value
    if not possible:
        _log.warning("%r cannot be a variable's name or value; it is only in SM_HPS", name)
    return possible


def _with_aliases(named: dict[str, str]) -> dict[str, str]:
    aliases = {re.sub(r"[^A-Z0-9_]", "_", name): value for name, value in named.items()}
    return {**aliases, **named}


def _channel_dirs(env: TrainingEnv) -> dict[str, str]:
    return {channel.name: str(channel.path) for channel in env.channels}


def _distribution_groups(env: TrainingEnv) -> list[str]:
    said = env.hyperparameters.framework.get("sagemaker_distribution_instance_groups")
    if isinstance(said, list):
        return [str(name) for name in said]
    flags = env.hyperparameters.framework.items()
    distributed = any(value is True and _LAUNCHER_FLAG.fullmatch(key) for key, value in flags)
    return [env.resources.group] if distributed else []


def _hosts(env: TrainingEnv) -> dict[str, Any]:
    resources = env.resources
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
        "SM_DISTRIBUTION_INSTANCE_GROUPS": _distribution_groups(env),
        "SM_IS_HETERO": len(resources.groups) > 1,
        "SM_RESOURCE_CONFIG": dict(resources.raw),
    }
    return values if resources.topology is None else {**values, "SM_TOPOLOGY": resources.topology}


def _paths(env: TrainingEnv) -> dict[str, Any]:
    paths = env.paths
    return {
        "SM_INPUT_DIR": str(paths.input),
        "SM_INPUT_CONFIG_DIR": str(paths.input_config),
        "SM_INPUT_DATA_DIR": str(paths.input_data),
        "SM_OUTPUT_DIR": str(paths.output),
        "SM_OUTPUT_DATA_DIR": str(paths.output_data),
        "SM_OUTPUT_INTERMEDIATE_DIR": str(paths.output_intermediate),
        "SM_OUTPUT_FAILURE": str(paths.failure),
        "SM_MODEL_DIR": str(paths.model),
        "SM_CHECKPOINT_DIR": str(paths.checkpoints),
        "SM_MODULE_DIR": env.submit_directory or str(paths.code),
    }


def _job(env: TrainingEnv, entry_point: str, args: Sequence[str]) -> dict[str, Any]:
    return {
        "SM_HPS": dict(env.hyperparameters.user),
        "SM_USER_ARGS": list(args),
        "SM_FRAMEWORK_PARAMS": dict(env.hyperparameters.framework),
        "SM_CHANNELS": [channel.name for channel in env.channels],
        "SM_INPUT_DATA_CONFIG": dict(env.input_data_config),
        "SM_MODULE_NAME": _module_name(entry_point),
        "SM_USER_ENTRY_POINT": entry_point,
        "SM_FRAMEWORK_MODULE": env.environ.get("SAGEMAKER_TRAINING_MODULE", ""),
        "SM_LOG_LEVEL": env.log_level,
        "SM_NUM_CPUS": env.accelerators.cpus,
        "SM_NUM_GPUS": env.accelerators.gpus,
        "SM_NUM_NEURONS": env.accelerators.neurons,
        "SM_JOB_NAME": env.job_name,
    }


def _module_name(entry_point: str) -> str:
    return entry_point.removesuffix(".py")


def _training_env(env: TrainingEnv, entry_point: str) -> dict[str, Any]:
    """Make the object that scripts read whole; its keys are those of AWS's toolkit."""
    resources, paths, accelerators = env.resources, env.paths, env.accelerators
    groups = _distribution_groups(env)
    return {
        "additional_framework_parameters": dict(env.hyperparameters.framework),
        "channel_input_dirs": _channel_dirs(env),
        "current_host": resources.current_host,
        "current_instance_group": resources.group,
        "current_instance_group_hosts": list(resources.group_hosts(resources.group)),
        "current_instance_type": resources.instance_type,
        "distribution_hosts": list(resources.group_hosts(*groups) if resources.groups else resources.hosts),
        "distribution_instance_groups": groups,
        "framework_module": env.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "hosts": list(resources.hosts),
        "hyperparameters": dict(env.hyperparameters.user),
        "input_config_dir": str(paths.input_config),
        "input_data_config": dict(env.input_data_config),
        "input_dir": str(paths.input),
        "instance_groups": list(resources.groups),
        "instance_groups_dict": dict(resources.groups),
        "is_hetero": len(resources.groups) > 1,
        "is_master": resources.current_host == resources.master_host,
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": env.job_name,
        "log_level": env.log_level,
        "master_hostname": resources.master_host,
        "model_dir": str(paths.model),
        "module_dir": env.submit_directory or str(paths.code),
        "module_name": _module_name(entry_point),
        "network_interface_name": resources.network_interface,
        "num_cpus": accelerators.cpus,
        "num_gpus": accelerators.gpus,
        "num_neurons": accelerators.neurons,
        "output_data_dir": str(paths.output_data),
        "output_dir": str(paths.output),
        "output_intermediate_dir": str(paths.output_intermediate),
        "resource_config": dict(resources.raw),
        "topology": resources.topology,
        "user_entry_point": entry_point,
    }
