"""The built-in algorithm: what it is told, what it refuses, and what it leaves when it is stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.plugin.algorithm import HyperparameterError
from byoml.plugin.channel_files import ChannelDataError
from byoml_tensorflow import clips
from byoml_tensorflow.hyperparameters import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import Container

_ENV = {"BYOML_FRAMEWORK": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
# Says, beside the job, when the first epoch is over: a tuner would read the same line.
_WATCHED = """
import pathlib, sys
from byoml_tensorflow import train
from byoml.plugin.algorithm import run
import os
tell = train._tell_epoch
def told(epoch, logs):
    tell(epoch, logs)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "begun").touch()
train._tell_epoch = told
sys.exit(run(train.train, os.environ))
"""


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.timeout(240)
def test_a_stopped_job_ends_soon_and_leaves_its_model(container: Container, processed: Any) -> None:
    """SIGTERM ends the training after the batch at hand; what was learned until then is saved, and can be served."""
    container.write(
        {
            "code/train.py": _WATCHED,
            "input/config/hyperparameters.json": {"epoch": "100000", "width": "0.05"},
            "input/data/training/clips.npz": (processed.output / "clips.npz").read_bytes(),
        }
    )

    outcome = container.train(_ENV, stop_after=container.paths.model / "begun", timeout=200)

    assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
    assert (container.paths.model / "1/saved_model.pb").is_file()
    assert (container.paths.model / "model.keras").is_file()
    assert (container.paths.model / "classes.txt").read_text() == "Down\nLeft\nRight\nUp\n"
    history = json.loads((container.paths.output_data / "history.json").read_text())
    assert 1 <= len(history["loss"]) < 100000


@pytest.mark.parametrize(
    ("hyperparameters", "says"),
    [
        ({"epochs": "0"}, "epochs is 0, it must be a whole number of at least 1"),
        ({"epoch": 2, "lerning_rate": 0.1}, "lerning_rate is no hyperparameter of this algorithm, did you mean"),
        ({"width": "wide", "batch": -1}, "batch is -1"),
        ({"nclass": "7"}, "nclass is 7, but the channel 'training' has 2 classes"),
    ],
)
def test_hyperparameters_that_cannot_be_used_are_told_before_tensorflow_is_loaded(
    container: Container, hyperparameters: dict[str, Any], says: str
) -> None:
    """All at once, in the first line of the failure."""
    folder = container.path("input/data/training")
    folder.mkdir(parents=True)
    write(folder / "clips.npz", X=np.zeros((4, 2, 2, 2, 1), "uint8"), Y=np.eye(2)[[0, 1, 0, 1]])
    container.write({"input/config/hyperparameters.json": hyperparameters})

    outcome = container.train(_ENV)

    assert outcome.exit_code == 1
    first = (outcome.failure or "").splitlines()[0]
    assert first.startswith("HyperparameterError: ")
    assert says in first


def test_names_of_other_algorithms_for_hyperparameters_are_known() -> None:
    """And what is not given has its default; a name given twice is a mistake."""
    settings = Settings.read({"epochs": "3", "batch-size": "8", "lr": "0.5"})

    assert (settings.epoch, settings.batch, settings.learning_rate, settings.width) == (3, 8, 0.5, 1.0)
    with pytest.raises(HyperparameterError, match="epochs is the same as epoch"):
        Settings.read({"epochs": 3, "epoch": 3})


_X = np.zeros((2, 4, 4, 3, 1), "uint8")
_Y = np.eye(2, dtype="uint8")


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"X": _X}, "no array 'Y' in it, only X"),
        ({"X": _X[0], "Y": _Y}, r"X is uint8 of shape \(4, 4, 3, 1\); X must be clips x rows"),
        ({"X": _X, "Y": np.eye(3)}, "X has 2 clips, but Y has 3"),
        ({"X": _X, "Y": np.ones((2, 2))}, "each row must hold a single 1, else 0"),
        ({"X": _X, "Y": _Y, "classes": np.array(["one"])}, "1 names in `classes`, but Y has 2"),
        ({"X": np.array([{}]), "Y": _Y}, "no .npz of plain arrays"),
    ],
)
def test_a_file_that_holds_no_clips_is_told_with_what_it_must_hold(
    tmp_path: Path, arrays: dict[str, Any], says: str
) -> None:
    """The error names the file and the array; nothing is unpickled."""
    with pytest.raises(ChannelDataError, match=says):
        clips.read([write(tmp_path / "clips.npz", **arrays)])


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    """Whatever numpy says of it."""
    (tmp_path / "clips.npz").write_bytes(b"text")

    with pytest.raises(ChannelDataError, match=r"clips\.npz: no \.npz of plain arrays"):
        clips.read([tmp_path / "clips.npz"])


def test_files_with_other_classes_are_numbered_alike(tmp_path: Path) -> None:
    """By name; without names, by their columns; whole numbers in Y are columns too."""
    one = write(tmp_path / "1.npz", X=_X, Y=_Y, classes=np.array(["b", "c"]))
    two = write(tmp_path / "2.npz", X=_X + 1, Y=np.array([0, 1]), classes=np.array(["a", "b"]), skip=np.array(0))

    both = clips.read([one, two])

    assert both.classes == ("a", "b", "c")
    assert [both.classes[label] for label in both.labels] == ["b", "c", "a", "b"]
    assert (clips.read([one]).skip, both.skip) == (True, False)
    assert clips.read([write(tmp_path / "3.npz", X=_X, Y=_Y)]).classes == ("0", "1")


def test_clips_of_another_shape_are_refused(tmp_path: Path) -> None:
    """With both shapes and the file."""
    one, two = write(tmp_path / "1.npz", X=_X, Y=_Y), write(tmp_path / "2.npz", X=_X[:, :3], Y=_Y)

    with pytest.raises(ChannelDataError, match=r"2\.npz: clips of shape \(3, 4, 3, 1\), but those of .*1\.npz have"):
        clips.read([one, two])


def test_importing_the_programs_loads_no_tensorflow() -> None:
    """What can be told without it is told at once."""
    code = (
        "import sys, byoml_tensorflow.train, byoml_tensorflow.process, byoml_tensorflow.estimators\n"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'matplotlib'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
