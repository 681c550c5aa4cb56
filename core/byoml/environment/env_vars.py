"""The variables of the user's training program (contract/training 2.3 to 2.5).

SM_* names are spelled here, in `host_vars` and in `processing_vars`, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.environment.distribution import distribution_groups, distribution_hosts, distribution_master
from byoml.environment.env_value import to_variables
from byoml.environment.host_vars import host_values, machine_values
from byoml.environment.sm_drivers import DriverFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.environment.training_env import TrainingEnv

__all__ = ["training_variables"]

# Where every toolkit's launchers meet.
_MASTER_PORT = 7777


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
    return to_variables(values, {"SM_HP_": env.hyperparameters.user, "SM_CHANNEL_": _channel_dirs(env)})


def _channel_dirs(env: TrainingEnv) -> dict[str, str]:
    return {channel.name: str(channel.path) for channel in env.channels}


def _hosts(env: TrainingEnv) -> dict[str, Any]:
    return {
        **host_values(env.resources),
        "SM_DISTRIBUTION_INSTANCE_GROUPS": distribution_groups(env.hyperparameters, env.resources),
        "SM_MASTER_ADDR": distribution_master(env.hyperparameters, env.resources),
        "SM_MASTER_PORT": _MASTER_PORT,
        "SM_DISTRIBUTED_CONFIG": dict(DriverFiles.read(env.paths).distributed),
    }


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
        "SM_CHECKPOINT_DIR": str(env.checkpoint_dir or paths.checkpoints),
        "SM_MODULE_DIR": env.submit_directory or str(paths.code),
        "SM_SOURCE_DIR": str(paths.code),
        "SM_DISTRIBUTED_DRIVER_DIR": str(paths.input_data / "sm_drivers" / "distributed_drivers"),
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
        "SM_ENTRY_SCRIPT": entry_point,
        "SM_FRAMEWORK_MODULE": env.environ.get("SAGEMAKER_TRAINING_MODULE", ""),
        "SM_LOG_LEVEL": env.log_level,
        **machine_values(env.accelerators),
        "SM_JOB_NAME": env.job_name,
    }


def _module_name(entry_point: str) -> str:
    return entry_point.removesuffix(".py")


def _training_env(env: TrainingEnv, entry_point: str) -> dict[str, Any]:
    """Make the object that scripts read whole; its keys are those of AWS's toolkit."""
    resources, paths, accelerators = env.resources, env.paths, env.accelerators
    groups = distribution_groups(env.hyperparameters, env.resources)
    master = distribution_master(env.hyperparameters, env.resources)
    return {
        "additional_framework_parameters": dict(env.hyperparameters.framework),
        "channel_input_dirs": _channel_dirs(env),
        "current_host": resources.current_host,
        "current_instance_group": resources.group,
        "current_instance_group_hosts": list(resources.group_hosts(resources.group)),
        "current_instance_type": resources.instance_type,
        "distribution_hosts": list(distribution_hosts(env.hyperparameters, env.resources)),
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
        "is_master": resources.current_host == master,
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": env.job_name,
        "log_level": env.log_level,
        "master_hostname": master,
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
