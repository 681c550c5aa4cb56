"""Does a framework train as the contract says? Black-box: a real `train`, on one host."""
# ruff: noqa: S101, PLR2004  these are tests, shipped

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from byoml.testing.container import Container
from byoml.testing.contract.capabilities import Predictor
from byoml.testing.contract.suite import FrameworkSuite, declared

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.plugin import Framework

__all__ = ["FrameworkTrainingContract"]

_SCRIPT = "code/train.py"
_RAISES = 'raise ValueError("eta must be positive")\n'
_EXITS = "import sys\nsys.exit(7)\n"
_WAITS = """
import os, pathlib, signal, sys, time

def stop(number, frame):
    pathlib.Path(os.environ["SM_MODEL_DIR"], "stopped").touch()
    sys.exit(9)

signal.signal(signal.SIGTERM, stop)
pathlib.Path(os.environ["SM_MODEL_DIR"], "started").touch()
time.sleep(50)
"""


class FrameworkTrainingContract(FrameworkSuite):
    """Give these fixtures, of any scope.

    Args:
        framework: The framework's name.
        training_script: The text of a `train.py` that leaves a model in `SM_MODEL_DIR`, soon and without channels.
        algorithm_files: A job for the built-in algorithm where there is one: config files and channels, by path
            under `/opt/ml`; texts and bytes as they are, other values as JSON.
    """

    not_covered = (
        "whether the model is any good: only that one comes, and that failures and signals go where they must",
        "hyperparameters of the algorithm, and what it says of wrong ones",
        "several hosts, launchers of the framework's own, checkpoints and resuming",
    )

    @pytest.fixture
    def job(self, framework: str, tmp_path: Path) -> Container:
        """Give an empty container."""
        return Container(tmp_path / "job", {"BYOML_FRAMEWORK": framework})

    def test_a_script_trains_a_model(self, job: Container, plugin: Framework, training_script: str) -> None:
        """Exit code 0, no failure file, and a model that the framework has nothing to say against."""
        job.write({_SCRIPT: training_script})

        outcome = job.train()

        assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
        assert list(job.paths.model.iterdir())
        assert plugin.check_model_dir(job.paths.model) == []

    def test_the_built_in_algorithm_trains_a_model(
        self, job: Container, plugin: Framework, request: pytest.FixtureRequest
    ) -> None:
        """Without a script, the framework's own algorithm leaves a model that the framework recognizes and loads."""
        declared(plugin, "trains")
        job.write(request.getfixturevalue("algorithm_files"))

        outcome = job.train()

        assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
        assert plugin.check_model_dir(job.paths.model) == []
        assert plugin.recognizes(job.paths.model)
        assert Predictor(plugin.name, job.paths.model).model is not None

    def test_the_built_in_algorithm_without_data_says_what_it_needs(self, job: Container, plugin: Framework) -> None:
        """A job without channels ends with 1 and a failure file that is one message, no traceback of ours."""
        declared(plugin, "trains")

        outcome = job.train()

        assert outcome.exit_code == 1
        assert outcome.failure
        assert "channel" in outcome.failure
        assert "Traceback" not in outcome.failure

    def test_a_script_that_raises_leaves_its_exception_line(self, job: Container) -> None:
        """The failure file starts with the line that says most, and the exit code is the program's."""
        job.write({_SCRIPT: _RAISES})

        outcome = job.train()

        assert outcome.exit_code == 1
        assert (outcome.failure or "").splitlines()[:1] == ["ValueError: eta must be positive"]

    def test_a_scripts_own_exit_code_passes_through(self, job: Container) -> None:
        """Whatever the program ends with, the container ends with, and there is a failure file."""
        job.write({_SCRIPT: _EXITS})

        outcome = job.train()

        assert outcome.exit_code == 7
        assert outcome.failure

    def test_sigterm_reaches_the_script(self, job: Container) -> None:
        """The program hears the signal and ends as it likes; a job that was stopped has not failed."""
        job.write({_SCRIPT: _WAITS})

        outcome = job.train(stop_after=job.paths.model / "started")

        assert (job.paths.model / "stopped").is_file()
        assert (outcome.exit_code, outcome.failure) == (9, None)
