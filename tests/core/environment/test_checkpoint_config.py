"""checkpointconfig.json: where checkpoints go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from byoml.environment.checkpoint_config import CheckpointConfig
from byoml.environment.paths import ContainerPaths
from byoml.environment.training_env import TrainingEnv

if TYPE_CHECKING:
    from pathlib import Path


def _read(base: Path, content: object) -> CheckpointConfig:
    (base / "input/config").mkdir(parents=True, exist_ok=True)
    (base / "input/config/checkpointconfig.json").write_text(json.dumps(content))
    return CheckpointConfig.read(ContainerPaths(base))


@pytest.mark.parametrize(
    ("content", "folder"),
    [
        ({}, "{base}/checkpoints"),
        ({"LocalPath": ""}, "{base}/checkpoints"),
        ({"LocalPath": "/opt/ml/ck"}, "{base}/ck"),
        ({"LocalPath": "/data/ck/"}, "/data/ck"),
    ],
)
def test_the_folder_is_what_the_file_says(tmp_path: Path, content: object, folder: str) -> None:
    """Under `/opt/ml` means in the tree, wherever that lies; any other path stays."""
    assert str(_read(tmp_path, content).folder) == folder.format(base=tmp_path)


def test_without_the_file_it_is_the_trees(tmp_path: Path) -> None:
    """The file is there only for jobs that ask for checkpoints."""
    assert CheckpointConfig.read(ContainerPaths(tmp_path)) == CheckpointConfig(tmp_path / "checkpoints")


@pytest.mark.parametrize(("uri", "matches"), [("s3://b/ck", True), ("s3://b/ck/", False), (None, False)])
def test_a_prefix_without_a_slash_matches_siblings(tmp_path: Path, uri: str | None, matches: bool) -> None:  # noqa: FBT001
    """`s3://b/ck` also brings `s3://b/ck2`."""
    assert _read(tmp_path, {"S3Uri": uri}).matches_siblings is matches


def test_the_job_knows_the_folder(tmp_path: Path) -> None:
    """It becomes SM_CHECKPOINT_DIR."""
    _read(tmp_path, {"LocalPath": "/data/ck"})
    assert str(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}).checkpoint_dir) == "/data/ck"
