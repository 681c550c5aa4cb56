"""What version 2 of the SageMaker SDK makes of `distribution=` chooses the launcher; no job is started for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.training_env import TrainingEnv
from byoml.plugin.builtin_launchers import byoml_select_launcher
from sdk_client import ROLE, load, quiet, version

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(version() != 2, reason="version 2 of the SageMaker SDK is not installed")


@pytest.mark.parametrize(
    ("distribution", "name"),
    [
        ({"mpi": {"enabled": True, "processes_per_host": 2, "custom_mpi_options": "-x A=1"}}, "mpi"),
        ({"torch_distributed": {"enabled": True}}, "torchrun"),
        ({"torch_distributed": {"enabled": False}}, None),
    ],
)
def test_a_distribution_chooses_the_launcher(
    distribution: dict[str, Any], name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes as hyperparameters, JSON in JSON, which reach no script."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    load("sagemaker")
    import boto3
    from sagemaker import Session
    from sagemaker.pytorch import PyTorch

    estimator = PyTorch(
        entry_point="train.py",
        role=ROLE,
        image_uri="byoml-base",
        framework_version="2.0",
        py_version="py310",
        instance_count=2,
        instance_type="ml.p3.16xlarge",
        distribution=distribution,
        hyperparameters={"epochs": 3},
        sagemaker_session=Session(boto3.Session(region_name="us-east-1"), sagemaker_config=quiet()),
    )
    config = tmp_path / "input/config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(estimator.hyperparameters()))
    hosts = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}
    (config / "resourceconfig.json").write_text(json.dumps(hosts))
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path), "TRAINING_JOB_NAME": "job"})

    assert dict(env.hyperparameters.user) == {"epochs": 3}
    launcher = byoml_select_launcher(env)
    assert (launcher.name if launcher else None) == name
