"""A processing job as the container sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.processing_env import ProcessingEnv
from byoml.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path


def _read(base: Path, **config: Any) -> ProcessingEnv:
    (base / "config").mkdir(parents=True, exist_ok=True)
    (base / "config/processingjobconfig.json").write_text(json.dumps(config))
    return ProcessingEnv.read({"SAGEMAKER_BASE_DIR": str(base)})


def _input(name: str, **place: str) -> dict[str, Any]:
    return {"InputName": name, "S3Input": place}


def test_an_empty_machine_is_a_job_of_one_host_and_no_data(tmp_path: Path) -> None:
    """Every file and folder may be absent, and reading makes none."""
    env = ProcessingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path / "ml")})
    assert (env.job_name, env.inputs, env.outputs, env.resources.hosts) == ("", (), (), ("localhost",))
    assert list(tmp_path.iterdir()) == []


def test_inputs_keep_name_place_and_mode(tmp_path: Path) -> None:
    """In the order of the file."""
    inputs = [
        _input("b", LocalPath="/opt/ml/processing/b", S3InputMode="Pipe"),
        {"InputName": "a", "DatasetDefinition": {"LocalPath": "/opt/ml/processing/a", "InputMode": "File"}},
    ]
    env = _read(tmp_path, ProcessingInputs=inputs)
    assert [(one.name, one.path, one.mode) for one in env.inputs] == [
        ("b", tmp_path / "processing/b", "Pipe"),
        ("a", tmp_path / "processing/a", "File"),
    ]


def test_outputs_keep_name_place_and_mode(tmp_path: Path) -> None:
    """An output without a mode is uploaded at the end."""
    outputs = [
        {"OutputName": "x", "S3Output": {"LocalPath": "/opt/ml/processing/x", "S3UploadMode": "Continuous"}},
        {"OutputName": "y", "S3Output": {"LocalPath": "/data/y"}},
    ]
    env = _read(tmp_path, ProcessingOutputConfig={"Outputs": outputs, "KmsKeyId": None})
    assert [(one.name, str(one.path), one.mode) for one in env.outputs] == [
        ("x", str(tmp_path / "processing/x"), "Continuous"),
        ("y", "/data/y", "EndOfJob"),
    ]


def test_what_has_no_place_here_is_no_port(tmp_path: Path) -> None:
    """Inputs that the program fetches itself, and feature stores, have no folder; null stands for nothing."""
    outputs = [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "g"}, "S3Output": None}]
    env = _read(tmp_path, ProcessingInputs=[_input("own", S3Uri="s3://b")], ProcessingOutputConfig={"Outputs": outputs})
    assert (env.inputs, env.outputs) == ((), ())
    assert _read(tmp_path, ProcessingInputs=None, ProcessingOutputConfig=None, ProcessingJobName="n").job_name == "n"


@pytest.mark.parametrize(
    "config",
    [
        {"ProcessingInputs": "x"},
        {"ProcessingInputs": [{"S3Input": {}}]},
        {"ProcessingInputs": [{"InputName": "a", "S3Input": "s3://b"}]},
        {"ProcessingInputs": ["a"]},
        {"ProcessingOutputConfig": []} | {"ProcessingJobName": "x", "ProcessingOutputConfig": ["a"]},
        {"ProcessingOutputConfig": {"Outputs": [{"S3Output": {}}]}},
    ],
)
def test_a_file_of_another_shape_is_an_error_that_names_it(tmp_path: Path, config: dict[str, Any]) -> None:
    """Rather than a KeyError far from its cause."""
    with pytest.raises(SettingError, match=r"processingjobconfig\.json"):
        _read(tmp_path, **config)
