"""What training and processing share: no error ends with 0, and each is told in the report."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from byoml.child import Stopped
from byoml.errors import SettingError, UserCodeError
from byoml.road import run_road, seconds_of

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.child import Stopper


def _raises(error: BaseException) -> int:
    raise error


def test_the_jobs_own_code_is_the_exit_code(tmp_path: Path) -> None:
    """Nothing is added where nothing goes wrong."""
    assert run_road({}, tmp_path / "failure", lambda _stopper: 3) == 3
    assert not (tmp_path / "failure").exists()


@pytest.mark.parametrize(
    ("error", "code", "first"),
    [
        (SettingError("X", "1", "2"), 1, "SettingError: X is '1'; it must be 2"),
        (UserCodeError("pip ended", 9, "no such package"), 9, "UserCodeError: pip ended"),
        (OSError("no errno"), 1, "OSError: no errno"),
        (KeyError("x"), 1, "KeyError: 'x'"),
    ],
)
def test_whatever_is_raised_ends_the_job_and_is_told(tmp_path: Path, error: Exception, code: int, first: str) -> None:
    """An OSError without a number is the one that ends AWS's toolkit with 0."""
    assert run_road({}, tmp_path / "failure", lambda _stopper: _raises(error)) == code
    assert (tmp_path / "failure").read_text().splitlines()[0] == first


def test_an_error_is_an_error_even_where_it_cannot_be_told(tmp_path: Path) -> None:
    """A file stands where the report's folder is to be, as on a disk that is full."""
    (tmp_path / "output").write_text("")
    assert run_road({}, tmp_path / "output/failure", lambda _stopper: _raises(ValueError("x"))) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_program_runs_ends_the_job_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """The code says which signal; a job that was stopped is no failed job, and tells nothing."""

    def job(_stopper: Stopper) -> int:
        os.kill(os.getpid(), number)
        return 0

    assert run_road({}, tmp_path / "failure", job) == 128 + number
    assert not (tmp_path / "failure").exists()


def test_signals_are_given_back_at_the_end(tmp_path: Path) -> None:
    """Who calls a road from a program of its own keeps its handlers."""
    before = signal.getsignal(signal.SIGTERM)
    run_road({}, tmp_path / "failure", lambda _stopper: _raises(Stopped(signal.SIGTERM)))
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_report_of_an_earlier_job_is_no_report_of_this_one(tmp_path: Path) -> None:
    """A folder that is kept between jobs would else tell of an error that there was not."""
    (tmp_path / "failure").write_text("old")
    run_road({}, tmp_path / "failure", lambda _stopper: 0)
    assert not (tmp_path / "failure").exists()


def test_a_grace_that_is_no_number_ends_the_job(tmp_path: Path) -> None:
    """The message names the variable."""
    assert run_road({"BYOML_STOP_GRACE_SECONDS": "soon"}, tmp_path / "failure", lambda _stopper: 0) == 1
    assert "BYOML_STOP_GRACE_SECONDS is 'soon'" in (tmp_path / "failure").read_text()


@pytest.mark.parametrize(("environ", "value"), [({}, 5.0), ({"S": " "}, 5.0), ({"S": "0.5"}, 0.5)])
def test_seconds_have_a_default(environ: dict[str, str], value: float) -> None:
    """An empty variable says nothing."""
    assert seconds_of(environ, "S", 5.0) == value
