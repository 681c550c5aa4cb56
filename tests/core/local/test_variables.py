"""What a local job inherits from the user, and what it does not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from byoml.local.mount import MOUNT_POINT
from byoml.local.values import EndpointSpec, JobSpec
from byoml.local.variables import endpoint_variables, job_variables

_USERS = {
    "PATH": "/usr/bin",
    "HOME": "/home/u",
    "PIP_INDEX_URL": "x",
    "BYOML_CLI_POLICY": "flags",
    "BYOML_TRAIN_PROGRAM": "other.py",
    "SAGEMAKER_PROGRAM": "other.py",
    "SAGEMAKER_BASE_DIR": "/elsewhere",
    "SM_MODEL_DIR": "/elsewhere",
    "TRAINING_JOB_NAME": "another",
}


def test_a_job_inherits_the_users_settings_and_no_other_containers(tmp_path: Path) -> None:
    """A shell inside a notebook or a container has variables of its own job, which would mislead this one."""
    variables = job_variables(_USERS, JobSpec(tmp_path), tmp_path, "local-1")
    assert {name: variables[name] for name in ("HOME", "PIP_INDEX_URL", "BYOML_CLI_POLICY", "BYOML_TRAIN_PROGRAM")} == {
        "HOME": "/home/u",
        "PIP_INDEX_URL": "x",
        "BYOML_CLI_POLICY": "flags",
        "BYOML_TRAIN_PROGRAM": "other.py",
    }
    assert variables["SAGEMAKER_BASE_DIR"] == str(tmp_path)
    assert variables["TRAINING_JOB_NAME"] == "local-1"
    assert not {"SAGEMAKER_PROGRAM", "SM_MODEL_DIR"} & variables.keys()


def test_options_win_over_inherited_variables_and_env_over_all(tmp_path: Path) -> None:
    """--entry-point over BYOML_TRAIN_PROGRAM; --env over what the platform sets."""
    spec = JobSpec(tmp_path, source=tmp_path, entry_point="sub/main.py", env={"TRAINING_JOB_NAME": "mine", "A": "1"})
    variables = job_variables(_USERS, spec, tmp_path, "local-1")
    assert variables["SAGEMAKER_PROGRAM"] == "sub/main.py"
    assert "BYOML_TRAIN_PROGRAM" not in variables
    assert (variables["TRAINING_JOB_NAME"], variables["A"]) == ("mine", "1")


def test_a_mounted_job_is_told_nothing_of_where_its_tree_lies() -> None:
    """As on the platform: /opt/ml needs no variable."""
    variables = job_variables(_USERS, JobSpec(Path("out")), MOUNT_POINT, "local-1")
    assert "SAGEMAKER_BASE_DIR" not in variables
    assert variables["SAGEMAKER_METRICS_DIRECTORY"] == "/opt/ml/output/metrics/sagemaker"


def test_programs_of_this_environment_come_first() -> None:
    """`python` in a shell script is the Python that byoml runs on, whether or not the environment is activated."""
    variables = job_variables(_USERS, JobSpec(Path("out")), MOUNT_POINT, "local-1")
    assert variables["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_an_endpoint_looks_into_the_given_source_first(tmp_path: Path) -> None:
    """Code inside the model would else go before what the user just named."""
    spec = EndpointSpec(tmp_path, source=tmp_path, framework="none")
    variables = endpoint_variables(_USERS, spec, MOUNT_POINT, 8081)
    assert variables["SAGEMAKER_SUBMIT_DIRECTORY"] == "/opt/ml/code"
    assert (variables["SAGEMAKER_BIND_TO_PORT"], variables["BYOML_FRAMEWORK"]) == ("8081", "none")
    without = endpoint_variables(_USERS, EndpointSpec(tmp_path), MOUNT_POINT, 8081)
    assert "SAGEMAKER_SUBMIT_DIRECTORY" not in without
