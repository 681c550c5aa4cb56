"""Where everything lies under `/opt/ml`."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.environment.paths import ContainerPaths

_PLACES = {
    "code": "code",
    "input": "input",
    "input_config": "input/config",
    "input_data": "input/data",
    "model": "model",
    "output": "output",
    "output_data": "output/data",
    "output_intermediate": "output/intermediate",
    "failure": "output/failure",
    "checkpoints": "checkpoints",
    "config": "config",
    "processing_input": "processing/input",
    "processing_code": "processing/input/code",
    "processing_output": "processing/output",
    "message": "output/message",
}


@pytest.mark.parametrize(("name", "place"), _PLACES.items())
def test_each_folder_lies_where_the_contract_says(name: str, place: str) -> None:
    """Contract/training 1.2."""
    assert getattr(ContainerPaths(Path("/opt/ml")), name) == Path("/opt/ml") / place


@pytest.mark.parametrize(
    ("environ", "base"),
    [({}, "/opt/ml"), ({"SAGEMAKER_BASE_DIR": ""}, "/opt/ml"), ({"SAGEMAKER_BASE_DIR": "/tree"}, "/tree")],
)
def test_the_root_is_opt_ml_unless_the_environment_says_else(environ: dict[str, str], base: str) -> None:
    """An empty variable says nothing."""
    assert ContainerPaths.from_environ(environ).base == Path(base)


def test_naming_a_place_makes_nothing(tmp_path: Path) -> None:
    """Folders are made where they are written, not where they are named."""
    paths = ContainerPaths(tmp_path / "tree")
    assert all(not getattr(paths, name).exists() for name in _PLACES)
    assert list(tmp_path.iterdir()) == []
