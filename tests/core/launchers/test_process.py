"""One process on each host."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from byoml.child import Stopper
from byoml.launchers.process import ProcessLauncher
from byoml.plugin.values import Outcome, TrainingJob

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _job(folder: Path, code: str, stopper: Stopper | None = None, **variables: str) -> TrainingJob:
    return TrainingJob((sys.executable, "-c", code), folder, variables, stopper or Stopper())


def test_the_command_runs_in_its_folder_with_its_variables(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And with no others; the outcome tells what was run."""
    job = _job(tmp_path, "import os; print(os.getcwd(), os.environ['SM_HOSTS'], 'HOME' in os.environ)", SM_HOSTS="[]")
    assert ProcessLauncher().launch(job) == Outcome(0, None, "", stopped=False, command=job.command)
    assert capfd.readouterr().out == f"{tmp_path.resolve()} [] False\n"


def test_a_failure_is_an_outcome_with_the_end_of_stderr(tmp_path: Path) -> None:
    """The exception line is in it."""
    outcome = ProcessLauncher().launch(_job(tmp_path, "raise ValueError('eta must be positive')"))
    assert (outcome.exit_code, outcome.signal, outcome.stopped) == (1, None, False)
    assert outcome.stderr_tail.endswith("ValueError: eta must be positive\n")


def test_a_program_that_was_stopped_is_told_from_one_that_failed(tmp_path: Path) -> None:
    """Its own code counts, and the outcome says that it was asked to stop."""
    pipe = tmp_path / "ready"
    os.mkfifo(pipe)
    code = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(5));"
        f"open({str(pipe)!r}, 'w').close(); time.sleep(60)"
    )

    def stop_once_ready() -> None:
        pipe.read_text()
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=stop_once_ready)
    thread.start()
    stopper = Stopper()
    with stopper.listening():
        outcome = ProcessLauncher().launch(_job(tmp_path, code, stopper))
    thread.join()
    assert (outcome.exit_code, outcome.stopped) == (5, True)


def test_the_launcher_has_the_name_that_logs_show() -> None:
    """One word."""
    assert ProcessLauncher().name == "process"
