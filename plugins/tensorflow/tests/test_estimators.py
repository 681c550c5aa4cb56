"""Scripts that define functions for tf.estimator: they train, export and serve where TensorFlow still has it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from byoml.testing.container import Container

pytestmark = pytest.mark.timeout(300)

_SCRIPT = (Path(__file__).parent / "scripts/estimator.py").read_text()
_VERSION = version("tensorflow-cpu")
_HAS_ESTIMATORS = tuple(map(int, _VERSION.split(".")[:2])) < (2, 16)
_FILES: dict[str, Any] = {
    "code/train.py": _SCRIPT,
    "input/config/hyperparameters.json": {"training_steps": "200", "learning_rate": "0.1", "train_file": "line.csv"},
    "input/data/training/line.csv": "0,1\n0.25,1.5\n0.5,2\n0.75,2.5\n1,3\n",
}


@pytest.mark.skipif(not _HAS_ESTIMATORS, reason=f"TensorFlow {_VERSION} has no estimators; tox's tensorflow215 has")
def test_an_estimators_script_trains_exports_and_serves(container: Container, one_worker: dict[str, str]) -> None:
    """The same script is the job's and the endpoint's, whose model_fn is its own and not the estimator's."""
    container.write({**_FILES, "model/code/inference.py": _SCRIPT})

    outcome = container.train(one_worker, timeout=240)
    assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
    assert (container.paths.model / "1/saved_model.pb").is_file()
    with container.serve(one_worker, timeout=120) as endpoint:
        answer = endpoint.invoke('{"instances": [{"x": [2.0]}]}', "application/json")

    assert answer.status == 200, answer.body
    assert answer.json()["predictions"][0][0] == pytest.approx(5.0, abs=0.2)


@pytest.mark.skipif(_HAS_ESTIMATORS, reason=f"TensorFlow {_VERSION} has estimators")
def test_a_newer_tensorflow_is_told_with_the_version_that_has_estimators(container: Container) -> None:
    """The job fails with one line that says what to install, and not with an AttributeError."""
    container.write(_FILES)

    outcome = container.train({"BYOML_FRAMEWORK": "tensorflow"}, timeout=120)

    assert outcome.exit_code == 1
    first = (outcome.failure or "").splitlines()[0]
    assert first.startswith(f"NoEstimatorsError: train.py is written for tf.estimator, which TensorFlow {_VERSION}")
    assert "pip install 'tensorflow-cpu==2.15.*'" in first


def test_a_script_that_starts_its_functions_itself_is_run_as_it_is(container: Container) -> None:
    """Only a script that nothing calls is called by us."""
    script = _SCRIPT.replace("import tensorflow as tf\n", "") + "\nif __name__ == '__main__':\n    print('mine')\n"
    container.write({"code/train.py": script})

    outcome = container.train({"BYOML_FRAMEWORK": "tensorflow"})

    assert (outcome.exit_code, outcome.stdout) == (0, b"mine\n"), outcome.stderr
