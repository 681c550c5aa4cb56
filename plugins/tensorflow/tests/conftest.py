"""What the plugin's tests share: clips of moving shapes, one processing job and one training job for all of them."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import tensorflow as tf  # noqa: F401  it sets variables when it is imported: before any test looks at them
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from byoml.testing.container import Endpoint, ProcessOutcome, TrainOutcome

_EXAMPLE = Path(__file__).resolve().parents[3] / "examples/tensorflow-3dcnn"
_FORM = ("--rows", "16", "--cols", "16", "--depth", "8")
#: Enough to tell four movements apart, in seconds.
HYPERPARAMETERS = {"epoch": "15", "batch": "16", "width": "0.25", "nclass": "4", "seed": "1"}
SETTINGS = {"BYOML_FRAMEWORK": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


class Processed(NamedTuple):
    """How the processing job ended, and what it left."""

    outcome: ProcessOutcome
    output: Path


class Trained(NamedTuple):
    """How the training job ended, and what it left."""

    outcome: TrainOutcome
    model_dir: Path
    output: Path


@pytest.fixture(scope="session")
def one_worker() -> dict[str, str]:
    """Variables of an endpoint that imports TensorFlow once."""
    return {**SETTINGS, "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}


@pytest.fixture
def free_ports() -> int:
    """The first of five ports in a row that nobody listens on."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            first = int(probe.getsockname()[1])
        try:
            for port in range(first, first + 5):
                socket.create_server(("", port)).close()
        except OSError:
            continue
        return first


@pytest.fixture(scope="session")
def make_clips() -> Any:
    """The example's program that draws clips."""
    spec = importlib.util.spec_from_file_location("make_clips", _EXAMPLE / "make_clips.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def clips(make_clips: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty mp4 clips of each of four movements."""
    folder = tmp_path_factory.mktemp("clips")
    assert make_clips.write(folder, 30, ".mp4", seed=0) == 120
    return folder


@pytest.fixture(scope="session")
def processed(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Processed:
    """The clips as arrays, by the default processing program, with one video among them that is none."""
    container = Container(tmp_path_factory.mktemp("processing"), SETTINGS)
    container.write({"processing/input/videos/Left_broken.mp4": b"no video"})
    for path in clips.iterdir():
        container.path("processing/input/videos", path.name).symlink_to(path)
    container.path("processing/output/training").mkdir(parents=True)
    return Processed(container.process(*_FORM), container.path("processing/output/training"))


@pytest.fixture(scope="session")
def trained(processed: Processed, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The 3D-CNN, trained once for all tests."""
    container = Container(tmp_path_factory.mktemp("training"), SETTINGS)
    arrays = (processed.output / "clips.npz").read_bytes()
    container.write({"input/data/training/clips.npz": arrays, "input/config/hyperparameters.json": HYPERPARAMETERS})
    return Trained(container.train(timeout=240), container.paths.model, container.paths.output_data)


@pytest.fixture(scope="session")
def endpoint(
    trained: Trained, one_worker: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """The 3D-CNN served by one worker; no request changes it."""
    container = Container(tmp_path_factory.mktemp("serving"), one_worker)
    container.paths.model.rmdir()
    container.paths.model.symlink_to(trained.model_dir)
    with container.serve(timeout=120) as running:
        yield running


@pytest.fixture(scope="session")
def clip_bodies(make_clips: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """One new clip that moves to the left, in each kind of file."""
    folder = tmp_path_factory.mktemp("new-clips")
    for suffix in make_clips.FORMATS:
        make_clips.write(folder, 1, suffix, seed=99)
    types = {".mp4": "video/mp4", ".avi": "video/x-msvideo", ".webm": "video/webm"}
    return {kind: (folder / f"v_Left_g01_c01{suffix}").read_bytes() for suffix, kind in types.items()}
