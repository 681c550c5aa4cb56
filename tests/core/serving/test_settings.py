"""How the server's settings are decided."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.environment.serving_env import ServingEnv
from byoml.errors import SettingError
from byoml.serving.settings import settle, thread_caps


def _env(environ: dict[str, str] | None = None, cpus: int = 4, gpus: int = 0) -> ServingEnv:
    return ServingEnv(environ or {}, ContainerPaths(Path("/opt/ml")), Accelerators(cpus, gpus))


@pytest.mark.parametrize(
    ("env", "workers"),
    [
        (_env(), 4),
        (_env(gpus=2), 2),
        (_env({"SAGEMAKER_MODEL_SERVER_WORKERS": "3"}), 3),
        (_env({"SAGEMAKER_MODEL_SERVER_WORKERS": "auto"}), 4),
        (_env({"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1"}), 1),
        (_env({"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "9"}), 4),
        (_env({"SAGEMAKER_MULTI_MODEL": "true"}), 1),
        (_env({"SAGEMAKER_MULTI_MODEL": "false"}), 4),
        (_env({"SAGEMAKER_NUM_MODEL_WORKERS": "3"}), 3),
        (_env({"SAGEMAKER_NUM_MODEL_WORKERS": "3", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}), 2),
        (_env({"SAGEMAKER_NUM_MODEL_WORKERS": "3", "SAGEMAKER_MULTI_MODEL": "true"}), 1),
    ],
)
def test_workers_are_what_was_said_else_one_a_gpu_else_one_a_cpu(env: ServingEnv, workers: int) -> None:
    """And never more than a batch job sends requests at once (contract/inference L-1)."""
    assert settle(env).workers == workers


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 60),
        ({"SAGEMAKER_MODEL_SERVER_TIMEOUT": "90"}, 90),
        ({"SAGEMAKER_MODEL_SERVER_TIMEOUT": "90", "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": "5"}, 5),
        ({"SAGEMAKER_BATCH": "true"}, 3600),
        ({"SAGEMAKER_BATCH": "false"}, 60),
        ({"SAGEMAKER_MODEL_SERVER_TIMEOUT": "3600"}, 3600),
    ],
)
def test_the_timeout_is_never_shorter_than_the_mode_allows(environ: dict[str, str], seconds: float) -> None:
    """Contract/inference H-23, and the variables of 2.1 in seconds."""
    assert settle(_env(environ)).timeout == seconds


def test_the_body_limit_follows_the_platform_upwards_only() -> None:
    """The platform says 6 MB by default in batch jobs, and still sends 25 MB in real time (H-20)."""
    assert settle(_env({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "6"})).body_limit == 100 * 2**20
    assert settle(_env({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "200"})).body_limit == 200 * 2**20
    assert settle(_env({"BYOML_MAX_BODY_MB": "1"})).body_limit == 2**20
    assert settle(_env({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "0"})).body_limit > 2**40
    assert settle(_env({"MAX_CONTENT_LENGTH": "6291456"})).body_limit == 100 * 2**20
    assert settle(_env({"MAX_CONTENT_LENGTH": "200000000"})).body_limit == 200000000


def test_the_body_limit_can_be_that_of_asynchronous_endpoints() -> None:
    """They send up to 1 GB, under either name (contract/inference 1.3 and 2.2)."""
    assert settle(_env({"BYOML_MAX_BODY_MB": "1024"})).body_limit == 2**30
    assert settle(_env({"SAGEMAKER_MAX_REQUEST_SIZE": str(2**30)})).body_limit == 2**30
    assert settle(_env({"SAGEMAKER_MAX_REQUEST_SIZE": "6291456"})).body_limit == 100 * 2**20


@pytest.mark.parametrize(
    ("environ", "limit"),
    [
        ({}, 1000),
        ({"SAGEMAKER_MODEL_JOB_QUEUE_SIZE": "7"}, 7),
        ({"SAGEMAKER_MODEL_JOB_QUEUE_SIZE": "7", "BYOML_QUEUE_LIMIT": "9"}, 9),
    ],
)
def test_how_many_may_wait_can_be_said_as_in_awss_containers(environ: dict[str, str], limit: int) -> None:
    """The variable of our own wins (2.2)."""
    assert settle(_env(environ)).queue_limit == limit


@pytest.mark.parametrize(
    ("environ", "threads"),
    [
        ({"SAGEMAKER_NUM_MODEL_WORKERS": "3"}, 1),
        ({"SAGEMAKER_NUM_MODEL_WORKERS": "3", "SAGEMAKER_MULTI_MODEL": "true"}, 3),
        ({"SAGEMAKER_NUM_MODEL_WORKERS": "3", "SAGEMAKER_MULTI_MODEL": "true", "BYOML_THREADS": "2"}, 2),
    ],
)
def test_each_of_many_models_has_threads_where_awss_containers_have_workers(
    environ: dict[str, str], threads: int
) -> None:
    """All of them live in one process (2.2)."""
    assert settle(_env(environ)).threads == threads


@pytest.mark.parametrize(
    "name", ["SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_MODEL_SERVER_TIMEOUT", "BYOML_QUEUE_LIMIT"]
)
def test_a_value_that_is_no_number_is_named(name: str) -> None:
    """The error says variable, value and what is allowed."""
    with pytest.raises(SettingError, match=f"{name} is 'many'"):
        settle(_env({name: "many"}))


def test_numeric_libraries_get_their_share_of_the_cores() -> None:
    """Workers times threads must not pass the cores; what the user set stays."""
    env = _env({"SAGEMAKER_MODEL_SERVER_WORKERS": "2", "OMP_NUM_THREADS": "7"}, cpus=8)
    caps = thread_caps(env, settle(env))
    assert caps["MKL_NUM_THREADS"] == "4"
    assert "OMP_NUM_THREADS" not in caps
