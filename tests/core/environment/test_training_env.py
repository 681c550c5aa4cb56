"""A whole training job, read once (contract/training 2.2)."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.training_env import TrainingEnv
from byoml.errors import UnreadableConfigFileError

if TYPE_CHECKING:
    from pathlib import Path


def _read(tree: Path, hyperparameters: dict[str, Any], **environ: str) -> TrainingEnv:
    config = tree / "input/config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    return TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tree), **environ})


def test_an_empty_tree_is_a_job_with_defaults(tmp_path: Path) -> None:
    """Not one file is required."""
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)})
    assert (env.channels, env.hyperparameters.user, env.resources.hosts) == ((), {}, ("localhost",))
    assert (env.submit_directory, env.job_name, env.log_level) == (None, "", 20)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quoted", ["/code.tar.gz", '"/code.tar.gz"'])
def test_the_environment_wins_over_hyperparameters_which_win_over_defaults(tmp_path: Path, quoted: str) -> None:
    """Hyperparameters count in any quoting, and only where no variable is set."""
    said = {"sagemaker_submit_directory": quoted, "sagemaker_job_name": '"job"', "sagemaker_container_log_level": "10"}
    env = _read(tmp_path / "a", said)
    assert (env.submit_directory, env.job_name, env.log_level) == ("/code.tar.gz", "job", 10)
    variables = {
        "SAGEMAKER_SUBMIT_DIRECTORY": "/mine",
        "TRAINING_JOB_NAME": "other",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "40",
    }
    env = _read(tmp_path / "b", said, **variables)
    assert (env.submit_directory, env.job_name, env.log_level) == ("/mine", "other", 40)


def test_a_channel_is_found_by_its_name(tmp_path: Path) -> None:
    """Or is None."""
    (tmp_path / "input/data/train").mkdir(parents=True)
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)})
    channel = env.channel("train")
    assert channel is not None
    assert channel.path == tmp_path / "input/data/train"
    assert env.channel("eval") is None


def test_a_job_cannot_be_changed(tmp_path: Path) -> None:
    """It is a frozen value, and holds a copy of the environment."""
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path), "TRAINING_JOB_NAME": "job"}
    env = TrainingEnv.read(environ)
    environ["TRAINING_JOB_NAME"] = "changed"
    assert env.job_name == "job"
    with pytest.raises(dataclasses.FrozenInstanceError):
        env.channels = ()  # type: ignore[misc]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """Nothing is guessed where a file does not parse."""
    (tmp_path / "input/config").mkdir(parents=True)
    (tmp_path / "input/config/inputdataconfig.json").write_text("{")
    with pytest.raises(UnreadableConfigFileError, match=r"inputdataconfig\.json, line 1"):
        TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)})
