"""The secret that the hosts of a job derive, each for itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from byoml.environment.training_env import TrainingEnv
from byoml.launchers.secret import SECRET_VARIABLE, job_secret

if TYPE_CHECKING:
    from pathlib import Path


def _secret(base: Path, host: str = "algo-1", hyperparameters: object = None, **environ: str) -> bytes | None:
    config = base / "input/config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters or {}))
    (config / "resourceconfig.json").write_text(json.dumps({"current_host": host, "hosts": ["algo-1", "algo-2"]}))
    return job_secret(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(base), **environ}))


def test_all_hosts_of_a_job_derive_the_same_secret(tmp_path: Path) -> None:
    """Only who the host is differs between them."""
    first = _secret(tmp_path / "a", "algo-1", {"x": "1"}, TRAINING_JOB_NAME="job", HOSTNAME="a")
    second = _secret(tmp_path / "b", "algo-2", {"x": "1"}, TRAINING_JOB_NAME="job", HOSTNAME="b")
    assert first is not None
    assert len(first) == 32
    assert first == second


def test_each_fact_of_the_job_makes_another_secret(tmp_path: Path) -> None:
    """Name, ARN, hyperparameters and the user's own secret all count."""
    facts = {"TRAINING_JOB_NAME": "job"}
    secrets = {
        _secret(tmp_path, **facts),
        _secret(tmp_path, TRAINING_JOB_NAME="other"),
        _secret(tmp_path, hyperparameters={"x": "1"}, **facts),
        _secret(tmp_path, TRAINING_JOB_ARN="arn:aws:sagemaker:eu-west-1:1:training-job/job", **facts),
        _secret(tmp_path, **facts, **{SECRET_VARIABLE: "own"}),
    }
    assert len(secrets) == 5


def test_a_job_without_a_name_has_no_secret(tmp_path: Path) -> None:
    """Host names and hyperparameters alone could be guessed."""
    assert _secret(tmp_path, hyperparameters={"x": "1"}) is None
