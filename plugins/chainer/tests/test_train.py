"""The built-in algorithm learns, shows how, stops and goes on; what it cannot use it names."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml_chainer import model_files
from byoml_chainer.predicting import Served, predict

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

_TINY = {"epochs": "2", "width": "0.0625", "batch-size": "32"}


def _last(stdout: str) -> dict[str, float]:
    """Read the metrics of the last epoch, as a tuner's regular expression would."""
    return {name: float(value) for name, value in (cell.split(":") for cell in stdout.splitlines()[-1].split("\t")[1:])}


def _first_weights(path: Path) -> Any:
    with np.load(path) as file:
        return file["0/W"]


@pytest.mark.timeout(300)
def test_it_learns_digits_enlarged_to_cifars_size(
    algorithm: Callable[..., Any], channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """At least 0.9 of 300 pictures that it has not seen, as printed and as the saved model says when it is served."""
    hyperparameters = {"epochs": 3, "width": 0.125, "batch-size": 32, "learning-rate": 0.004}

    ended = algorithm(channels, tmp_path / "model", hyperparameters)

    assert ended.returncode == 0, ended.stderr
    assert _last(ended.stdout)["validation-accuracy"] >= 0.9, ended.stdout
    with np.load(channels["validation"] / "digits.npz") as file:
        probabilities = predict(file["data"], Served(*model_files.load(tmp_path / "model")))
        right = probabilities.argmax(axis=1) == file["labels"]
    assert right.mean() >= 0.9
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_it_leaves_its_log_and_pictures(small: Any) -> None:
    """One entry an epoch, curves of both measures, and which class was taken for which."""
    entries = json.loads((small.output_dir / "log").read_text())

    assert [entry["epoch"] for entry in entries] == [1, 2]
    assert {"main/loss", "main/accuracy", "validation/main/loss", "validation/main/accuracy"} <= entries[0].keys()
    for name in ("loss.png", "accuracy.png", "confusion_matrix.png"):
        assert (small.output_dir / name).read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_gives_the_same_model(
    small: Any, algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """And another seed another one; hyphens and underscores are the same."""
    for seed in ("7", "8"):
        ended = algorithm(small_channels, tmp_path / seed / "model", {**_TINY, "seed": seed})
        assert ended.returncode == 0, ended.stderr
    files = [small.model_dir / "model.npz", *(tmp_path / seed / "model/model.npz" for seed in ("7", "8"))]
    weights = [_first_weights(path) for path in files]

    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_a_stop_saves_the_model_and_the_next_job_goes_on(
    start: Callable[..., subprocess.Popen[str]], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """SIGTERM: exit code 0 and a model; with its checkpoints the next job counts on from there, log and all."""
    (tmp_path / "checkpoints").mkdir()
    with start(small_channels, tmp_path / "model", {**_TINY, "epochs": "100000"}) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate()
    assert (process.returncode, first[:3]) == (0, "[1]"), stderr
    assert model_files.load(tmp_path / "model")[1].classes == 10
    done = 1 + len(stdout.splitlines())

    with start(small_channels, tmp_path / "model", {**_TINY, "epochs": str(done + 1)}) as process:
        stdout, stderr = process.communicate()

    assert (process.returncode, f"training goes on after epoch {done}" in stderr) == (0, True), stderr
    assert [line.split("\t")[0] for line in stdout.splitlines()] == [f"[{done + 1}]"]
    entries = json.loads((tmp_path / "output/log").read_text())
    assert [entry["epoch"] for entry in entries] == [*range(1, done + 2)]


def test_a_snapshot_of_another_network_is_passed_over(
    algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """A job with another width begins anew, and says why."""
    (tmp_path / "checkpoints").mkdir()
    algorithm(small_channels, tmp_path / "model", {**_TINY, "epochs": "1"})

    ended = algorithm(small_channels, tmp_path / "model", {**_TINY, "epochs": "1", "width": "0.125"})

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("[1]")
    assert "width 0.0625; this job is of" in ended.stderr


def test_a_loss_that_is_no_number_ends_the_job(
    algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """Nobody pays for the epochs that would follow; the message says what may help."""
    ended = algorithm(small_channels, tmp_path / "model", {**_TINY, "learning-rate": "1e30"})

    assert ended.returncode == 1
    assert "learning-rate" in ended.stderr.splitlines()[-1]
    assert not (tmp_path / "model").exists()


def test_every_mistake_in_hyperparameters_is_told_at_once(
    algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """By name, with what was found and what is allowed; Chainer is not even imported."""
    wrong = {"epochs": "0", "batch-size": "1", "learning_rate": "-1", "width": "wide", "dropout": "1", "epoch": "3"}

    ended = algorithm(small_channels, tmp_path / "model", wrong)

    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1
    for said in (
        *("epochs is '0', it must be a whole number of at least 1", "batch-size is '1', it must be"),
        *("learning_rate is '-1', it must be a number in (0, inf)", "width is 'wide'", "dropout is '1'"),
        "epoch is no hyperparameter of this algorithm, did you mean epochs?",
    ):
        assert said in line


def test_pictures_are_asked_for_by_channel_file_and_key(
    algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """One line, no traceback; the channel may be called `training` too."""
    missing = algorithm({"validation": small_channels["validation"]}, tmp_path / "model", {})
    np.savez(tmp_path / "a.npz", data=np.zeros((2, 3, 4, 4)))
    unlabelled = algorithm({"training": tmp_path}, tmp_path / "model", {})

    assert (missing.returncode, unlabelled.returncode) == (1, 1)
    assert missing.stderr.startswith("ChannelMissingError: there is no channel 'train'"), missing.stderr
    assert unlabelled.stderr.startswith(f"ChannelDataError: {tmp_path}/a.npz: there is no key 'labels'")


def test_several_hosts_without_mpi_are_refused(
    algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path
) -> None:
    """Each would train a model of its own, and one would win."""
    ended = algorithm(small_channels, tmp_path / "model", _TINY, SM_HOSTS='["a", "b"]', SM_CURRENT_HOST="b")

    assert ended.returncode == 1
    assert "NotUnderMpiError: the job has 2 hosts" in ended.stderr
    assert "sagemaker_use_mpi" in ended.stderr


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'mpi4py'"), RuntimeError("no libmpi is found")])
def test_mpirun_without_mpi4py_is_told_what_to_install(
    algorithm: Callable[..., Any], small_channels: Mapping[str, Path], tmp_path: Path, error: Exception
) -> None:
    """It is not there, or finds no MPI: each process would train alone, and think that it is the first."""
    (tmp_path / "mpi4py.py").write_text(f"raise {error!r}\n")

    ended = algorithm(small_channels, tmp_path / "model", _TINY, PYTHONPATH=str(tmp_path), OMPI_COMM_WORLD_SIZE="2")

    assert ended.returncode != 0
    assert ended.stderr == (
        f"MpiMissingError: ChainerMN cannot speak to the other processes ({error}); it needs pip install 'mpi4py>=4'\n"
    )
