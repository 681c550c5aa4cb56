"""The built-in algorithm as the program that it is, on scikit-learn's digits."""

from __future__ import annotations

import json
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from byoml_torch import model_files
from byoml_torch.framework import Torch
from byoml_torch.network import make_network
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)

_LINE = re.compile(
    r"epoch:(\d+)\ttrain-loss:([\d.]+)\ttrain-accuracy:([\d.]+)"
    r"\tvalidation-loss:([\d.]+)\tvalidation-accuracy:([\d.]+)\telapsed:[\d.]+"
)


def test_it_learns_the_digits_and_tells_how_well(trained: Any, validation: Mapping[str, Any]) -> None:
    """A line an epoch; the last one's accuracy is what the saved model really reaches, and more than nine in ten."""
    assert (trained.ended.returncode, trained.ended.stderr) == (0, "")
    told = [_LINE.fullmatch(line) for line in trained.ended.stdout.splitlines()]
    assert [found and found[1] for found in told] == ["1", "2", "3"]
    framework = Torch()

    probabilities = framework.predict_fn(validation["data"], framework.model_fn(trained.model_dir))

    right = float((probabilities.argmax(1).numpy() == validation["labels"]).mean())
    assert told[-1] is not None
    assert float(told[-1][5]) == pytest.approx(right, abs=1e-5)
    assert right >= 0.9
    assert probabilities.sum(1).numpy() == pytest.approx(1, abs=1e-5)


def test_it_leaves_curves_and_a_confusion_matrix_as_pictures(trained: Any) -> None:
    """They can be opened, and are of more than one colour; the log has what was printed."""
    for name in ("accuracy", "loss", "confusion_matrix"):
        with Image.open(trained.output_dir / f"{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(2**20) or ()) > 10, name
    log = json.loads((trained.output_dir / "log.json").read_text())

    assert [entry["epoch"] for entry in log] == [1, 2, 3]
    assert f"validation-accuracy:{log[-1]['validation-accuracy']:.5f}" in trained.ended.stdout


def test_the_weights_are_those_of_the_exported_model(trained: Any, validation: Mapping[str, Any]) -> None:
    """`model.pth` is a state_dict to go on from."""
    network = make_network((3, 32, 32), 10).eval()
    network.load_state_dict(torch.load(trained.model_dir / "model.pth", weights_only=True))
    two = torch.from_numpy(validation["data"][:2])
    framework = Torch()

    with torch.inference_mode():
        expected = network(two).softmax(1)

    found = framework.predict_fn(two, framework.model_fn(trained.model_dir))
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_a_stopped_job_saves_and_goes_on_where_it_was(
    start: Callable[..., Any], algorithm: Callable[..., Any], few: Mapping[str, Path], tmp_path: Path
) -> None:
    """SIGTERM in the middle ends it with a model and a checkpoint; started again, it does the epochs that are left."""
    (tmp_path / "checkpoints").mkdir()
    with start(few, tmp_path / "model", {"epochs": "100000", "batch-size": "8"}) as process:
        assert process.stdout.readline().startswith("epoch:1\t")
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate()
    assert (process.returncode, stderr) == (0, "")
    assert model_files.load(tmp_path / "model", "cpu") is not None
    done = len(stdout.splitlines()) + 1
    assert len(json.loads((tmp_path / "output/log.json").read_text())) == done

    ended = algorithm(few, tmp_path / "model", {"epochs": str(done + 2), "batch-size": "8"})

    assert ended.returncode == 0, ended.stderr
    assert f"going on from checkpoint training-localhost-{done:09d}.pt" in ended.stderr
    assert [line.split("\t")[0] for line in ended.stdout.splitlines()] == [f"epoch:{done + 1}", f"epoch:{done + 2}"]
    assert len(json.loads((tmp_path / "output/log.json").read_text())) == done + 2


def test_a_checkpoint_of_other_pictures_is_passed_over(
    algorithm: Callable[..., Any], few: Mapping[str, Path], tmp_path: Path
) -> None:
    """The job begins anew, and a warning names the checkpoint; so is one that holds more than weights."""
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    (tmp_path / "grey").mkdir()
    np.savez(tmp_path / "grey/a.npz", data=np.zeros((4, 1, 5, 6), np.float32), labels=np.arange(4))
    first = algorithm({"training": tmp_path / "grey"}, tmp_path / "model", {"epochs": "1"})
    assert first.returncode == 0, first.stderr

    ended = algorithm({"training": few["train"]}, tmp_path / "model", {"epochs": "1"})

    assert ended.returncode == 0, ended.stderr
    assert "training-localhost-000000001.pt is not whole" in ended.stderr
    assert ended.stdout.startswith("epoch:1\ttrain-loss:")
    assert "validation" not in ended.stdout


@pytest.mark.parametrize(
    ("changed", "hyperparameters", "line"),
    [
        ({"labels": None}, {}, r"ChannelDataError: .*a\.npz: there is no key 'labels'; it has data.*"),
        ({"data": np.ones((2, 3, 4))}, {}, r"ChannelDataError: .*a\.npz: key 'data': its shape is \(2, 3, 4\).*"),
        (
            {},
            {"epochs": "0", "batch_size": "x", "lr": "1"},
            r"HyperparameterError: hyperparameters: epochs is '0', .* at least 1; batch_size is 'x', .*; lr is no .*",
        ),
    ],
    ids=["key", "shape", "hyperparameters"],
)
def test_a_mistake_of_the_user_is_one_line_that_says_what_to_do(
    algorithm: Callable[..., Any],
    tmp_path: Path,
    changed: dict[str, Any],
    hyperparameters: Mapping[str, str],
    line: str,
) -> None:
    """Exit code 1, no model, no traceback: the last line of stderr is all that a failure file needs."""
    good = {"data": np.ones((2, 1, 4, 4), np.float32), "labels": np.array([0, 1])}
    arrays = {name: array for name, array in {**good, **changed}.items() if array is not None}
    np.savez(tmp_path / "a.npz", **arrays)

    ended = algorithm({"train": tmp_path}, tmp_path / "job/model", hyperparameters)

    assert ended.returncode == 1
    assert re.fullmatch(line, ended.stderr.splitlines()[-1]), ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "job/model").exists()


def test_a_job_without_a_channel_to_train_on_is_told_so(algorithm: Callable[..., Any], tmp_path: Path) -> None:
    """The line names the channel that is missing."""
    ended = algorithm({}, tmp_path / "model", {})

    assert ended.stderr.splitlines()[-1].startswith("ChannelMissingError: there is no channel 'train'")


def test_the_entry_point_is_the_program_that_is_tested_here(tmp_path: Path) -> None:
    """Where the user gives no script, `python -m byoml_torch.train` is run."""
    from byoml.environment.training_env import TrainingEnv

    entry_point = Torch().default_entry_point(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}))

    assert entry_point.command([]) == (sys.executable, "-m", "byoml_torch.train")
