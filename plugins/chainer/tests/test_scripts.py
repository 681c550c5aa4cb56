"""A script of Chainer's own time runs as it is, on whatever numpy is installed: in a job, and in an endpoint."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from byoml.testing.container import Endpoint

# Written as for AWS's Chainer container in 2018: argparse, SM_* variables, a Trainer with its usual extensions.
_SCRIPT = """
from __future__ import print_function

import argparse
import os

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import serializers, training
from chainer.training import extensions


class MLP(chainer.Chain):

    def __init__(self, n_units, n_out):
        super(MLP, self).__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_out)

    def __call__(self, x):
        return self.l2(F.dropout(F.relu(self.l1(x))))


def model_fn(model_dir):
    model = L.Classifier(MLP(32, 4))
    serializers.load_npz(os.path.join(model_dir, 'model.npz'), model)
    return model.predictor


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--epochs', type=int, default=2)
    parser.add_argument('--batch-size', type=int, default=16)
    parser.add_argument('--output-data-dir', type=str, default=os.environ['SM_OUTPUT_DATA_DIR'])
    parser.add_argument('--model-dir', type=str, default=os.environ['SM_MODEL_DIR'])
    parser.add_argument('--train', type=str, default=os.environ['SM_CHANNEL_TRAIN'])
    args = parser.parse_args()

    file = np.load(os.path.join(args.train, 'train.npz'))
    train = chainer.datasets.TupleDataset(file['x'].astype(np.float32), file['y'].astype(np.int32))
    model = L.Classifier(MLP(32, 4))
    optimizer = chainer.optimizers.Adam(alpha=0.02)
    optimizer.setup(model)
    train_iter = chainer.iterators.SerialIterator(train, args.batch_size)
    test_iter = chainer.iterators.SerialIterator(train, args.batch_size, repeat=False, shuffle=False)
    updater = training.StandardUpdater(train_iter, optimizer, device=-1)
    trainer = training.Trainer(updater, (args.epochs, 'epoch'), out=args.output_data_dir)
    trainer.extend(extensions.Evaluator(test_iter, model, device=-1))
    trainer.extend(extensions.dump_graph('main/loss'))
    trainer.extend(extensions.snapshot(), trigger=(args.epochs, 'epoch'))
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PlotReport(['main/loss', 'validation/main/loss'], 'epoch', file_name='loss.png'))
    trainer.extend(extensions.PrintReport(['epoch', 'main/loss', 'validation/main/accuracy']))
    trainer.run()
    serializers.save_npz(os.path.join(args.model_dir, 'model.npz'), model)
    print('resized', F.resize_images(np.ones((1, 1, 2, 2), dtype=np.float32), (4, 4)).shape)
"""
_SHELL = """#!/bin/sh
exec python old.py "$@"
"""


def _npz() -> bytes:
    """Four classes, each a corner of the plane."""
    labels = np.arange(96) % 4
    points = np.stack([labels % 2, labels // 2], axis=1) + np.random.default_rng(0).normal(0, 0.1, (96, 2))
    file = io.BytesIO()
    np.savez(file, x=points, y=labels)
    return file.getvalue()


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """A job whose entry point is a shell script that calls Python: what numpy lacks must be there too."""
    container = Container(tmp_path_factory.mktemp("job"), {"BYOML_FRAMEWORK": "chainer"})
    container.write(
        {
            "code/old.py": _SCRIPT,
            "code/train.sh": _SHELL,
            "input/config/hyperparameters.json": {"epochs": "30", "sagemaker_program": "train.sh"},
            "input/data/train/train.npz": _npz(),
        }
    )
    outcome = container.train()
    assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
    assert b"resized (1, 1, 4, 4)" in outcome.stdout
    return container


def test_a_script_of_2018_trains_and_leaves_all_that_it_leaves(job: Container) -> None:
    """Not a word of it is changed."""
    assert (job.paths.model / "model.npz").is_file()
    assert {"cg.dot", "log", "loss.png"} <= {path.name for path in job.paths.output_data.iterdir()}


@pytest.fixture(scope="module")
def endpoint(job: Container, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The same file serves what it trained: Chainer is imported at its top, before any function of the plugin."""
    container = Container(
        tmp_path_factory.mktemp("endpoint"), {"BYOML_FRAMEWORK": "chainer", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    )
    container.write({"model/code/inference.py": _SCRIPT})
    (container.paths.model / "model.npz").write_bytes((job.paths.model / "model.npz").read_bytes())
    with container.serve() as running:
        yield running


def test_the_scripts_own_model_answers_with_arrays(endpoint: Endpoint) -> None:
    """Arrays in and out by default; the four corners are what they were trained as, every time: nothing drops out."""
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64)
    body = io.BytesIO()
    np.save(body, corners)

    answers = [endpoint.invoke(body.getvalue()) for _ in range(5)]

    assert {(answer.status, answer.headers["content-type"]) for answer in answers} == {(200, "application/x-npy")}
    assert len({answer.body for answer in answers}) == 1
    scores = np.load(io.BytesIO(answers[0].body))
    assert (scores.dtype.name, scores.argmax(axis=1).tolist()) == ("float32", [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("content_type", "body"), [("application/json", "[[0, 0], [1, 1]]"), ("text/csv", "0,0\n1,1\n")]
)
def test_whole_numbers_as_text_are_what_networks_take(endpoint: Endpoint, content_type: str, body: str) -> None:
    """JSON and CSV do not say float32, which every layer asks for."""
    answer = endpoint.invoke(body, content_type, "application/json")

    assert answer.status == 200, answer.body
    assert np.argmax(answer.json(), axis=1).tolist() == [0, 3]


def test_without_chainer_the_failure_names_the_command(tmp_path: Path) -> None:
    """The first line is the script's own; the hint says what to type."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "chainer"})
    container.write({"code/chainer.py": "raise ModuleNotFoundError(\"No module named 'chainer'\", name='chainer')\n"})
    container.write({"code/train.py": "import chainer\n"})

    outcome = container.train()

    assert outcome.exit_code == 1
    first, *rest = (outcome.failure or "").splitlines()
    assert first == "ModuleNotFoundError: No module named 'chainer'"
    assert any("PIP_BUILD_CONSTRAINT=build.txt pip install chainer==7.8.1" in line for line in rest), rest


def test_a_job_of_no_framework_is_told_how_chainer_runs(tmp_path: Path) -> None:
    """Without the plugin's help the import fails on today's packages; where it does not, nothing is to be told."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "none"})
    container.write({"code/train.py": "import chainer\nprint('runs')\n"})

    outcome = container.train()

    told: Any = "BYOML_FRAMEWORK=chainer" in (outcome.failure or "")
    assert (outcome.exit_code, b"runs" in outcome.stdout, told) in [(0, True, False), (1, False, True)], outcome.failure
