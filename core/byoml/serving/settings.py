"""How many workers, how long, how much: decided once, with the reason (contract/inference 2.1 and L-1)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from byoml.plugin.values import ServerSettings
from byoml.serving.execution_parameters import said_by_variable

if TYPE_CHECKING:
    from byoml.environment.serving_env import ServingEnv

__all__ = ["settle", "thread_caps", "worker_variables"]

_log = logging.getLogger("byoml.serving")

_MEGABYTE = 2**20
_UNLIMITED_MEGABYTES = 2**30
_REAL_TIME_SECONDS = 60.0
_BATCH_SECONDS = 3600.0
_STARTUP = "SAGEMAKER_STARTUP_TIMEOUT"
_JAVA_FLAGS = "SAGEMAKER_MODEL_SERVER_VMARGS"
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def settle(env: ServingEnv) -> ServerSettings:
    """Decide how the server runs.

    Args:
        env: What the container is told.

    Returns:
        The settings; the framework may change them.

    Raises:
        SettingError: A variable holds what it must not.
    """
    if env.environ.get(_JAVA_FLAGS):
        _log.warning("%s is ignored: there is no Java in this server", _JAVA_FLAGS)
    said_by_variable(env)  # what is wrong in it is said now, and not when a transform asks
    env.drain_seconds  # noqa: B018  likewise
    workers, reason = _workers(env)
    return ServerSettings(
        port=env.port,
        workers=workers,
        threads=env.whole_number("BYOML_THREADS", _workers_of_a_model(env) if env.multi_model else 1),
        timeout=_timeout(env),
        queue_limit=env.whole_number("BYOML_QUEUE_LIMIT", env.whole_number("SAGEMAKER_MODEL_JOB_QUEUE_SIZE", 1000)),
        body_limit=_body_limit(env),
        batch_limit=env.whole_number("BYOML_BATCH_LIMIT", 256),
        load_timeout=env.number(_STARTUP, 0.0) or None,
        reason=reason,
    )


def thread_caps(env: ServingEnv, settings: ServerSettings) -> dict[str, str]:
    """Share the cores among the workers, so that numeric libraries do not start a thread per core in each.

    Args:
        env: What the container is told; variables that are set stay.
        settings: How the server runs.

    Returns:
        Variables for each worker.
    """
    share = str(max(1, env.accelerators.cpus // settings.workers))
    return {name: share for name in _THREAD_VARIABLES if name not in env.environ}


def worker_variables(env: ServingEnv, settings: ServerSettings) -> dict[str, str]:
    """Collect what user code and libraries look for in a worker's environment.

    Args:
        env: What the container is told; variables that are set stay.
        settings: How the server runs.

    Returns:
        Variables for each worker.
    """
    variables = thread_caps(env, settings)
    if not env.multi_model:  # where each model has a folder of its own
        variables["SM_MODEL_DIR"] = str(env.paths.model)
    region = env.environ.get("SAGEMAKER_REGION")
    if region:
        variables["AWS_DEFAULT_REGION"] = region
    return {name: value for name, value in variables.items() if not env.environ.get(name)}


def _workers(env: ServingEnv) -> tuple[int, str]:
    if env.workers_said:
        return env.whole_number("SAGEMAKER_MODEL_SERVER_WORKERS", 1), "SAGEMAKER_MODEL_SERVER_WORKERS"
    if env.multi_model:
        return 1, "multi-model mode: what is loaded is known in one process"
    said_of_a_model = _workers_of_a_model(env, 0)
    if said_of_a_model:
        return said_of_a_model, "SAGEMAKER_NUM_MODEL_WORKERS"
    machine = env.accelerators
    count, reason = (machine.gpus, "one for each GPU") if machine.gpus else (machine.cpus, "one for each CPU")
    transforms = env.whole_number("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", count)
    if transforms < count:
        return transforms, "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"
    return count, reason


def _workers_of_a_model(env: ServingEnv, default: int = 1) -> int:
    """Read what AWS's containers have for processes of one model; of many models in one process, each has threads."""
    return env.whole_number("SAGEMAKER_NUM_MODEL_WORKERS", default)


def _timeout(env: ServingEnv) -> float:
    default = env.number("SAGEMAKER_MODEL_SERVER_TIMEOUT", _BATCH_SECONDS if env.batch else _REAL_TIME_SECONDS)
    return env.number("SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS", default)


def _body_limit(env: ServingEnv) -> int:
    """Give the largest body in bytes; AWS's containers have two more names for it, whose usual 6 MB lower nothing."""
    said = (env.whole_number(name, 1, least=0) for name in ("MAX_CONTENT_LENGTH", "SAGEMAKER_MAX_REQUEST_SIZE"))
    return max(_body_megabytes(env) * _MEGABYTE, *said)


def _body_megabytes(env: ServingEnv) -> int:
    """Let our own limit be raised, never lowered, by what the platform says that it will send; 0 is no limit."""
    if env.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB", "").strip() == "0":
        return _UNLIMITED_MEGABYTES
    return max(env.whole_number("BYOML_MAX_BODY_MB", 100), env.whole_number("SAGEMAKER_MAX_PAYLOAD_IN_MB", 1, least=0))
