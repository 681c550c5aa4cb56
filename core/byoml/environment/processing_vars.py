"""The variables of the user's processing program: the platform sets none, so these are byoml's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.environment.env_value import to_variables
from byoml.environment.host_vars import host_values, machine_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from byoml.environment.processing_env import ProcessingEnv, ProcessingPort

__all__ = ["processing_variables"]


def processing_variables(env: ProcessingEnv, code_dir: Path, entry_point: str, args: Sequence[str]) -> dict[str, str]:
    """Make every SM_* variable of a processing job.

    Args:
        env: The job.
        code_dir: The folder that the program runs in.
        entry_point: The program, relative to it.
        args: Its arguments.

    Returns:
        Variables by name; each input and output stands once in upper case, as `SM_PROCESSING_INPUT_MY-DATA`, and once
        with underscores.
    """
    inputs, outputs = _places(env.inputs), _places(env.outputs)
    values = {
        **host_values(env.resources),
        **machine_values(env.accelerators),
        "SM_PROCESSING_JOB_NAME": env.job_name,
        "SM_PROCESSING_JOB_CONFIG": dict(env.job_config),
        "SM_PROCESSING_INPUTS": inputs,
        "SM_PROCESSING_OUTPUTS": outputs,
        "SM_PROCESSING_MESSAGE": str(env.paths.message),
        "SM_LOG_LEVEL": env.log_level,
        "SM_MODULE_DIR": str(code_dir),
        "SM_USER_ENTRY_POINT": entry_point,
        "SM_USER_ARGS": list(args),
    }
    return to_variables(values, {"SM_PROCESSING_INPUT_": inputs, "SM_PROCESSING_OUTPUT_": outputs})


def _places(ports: Iterable[ProcessingPort]) -> dict[str, str]:
    return {port.name: str(port.path) for port in ports}
