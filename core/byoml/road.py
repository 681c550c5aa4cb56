"""What every road to an exit code shares: it hears signals, and its one try/except turns errors into a report."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING

from byoml import log, report
from byoml.child import Stopped, Stopper
from byoml.errors import ByomlError, SettingError, UserCodeError
from byoml.reaper import run_reaping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["run_road", "seconds_of"]

_log = logging.getLogger("byoml")
_GRACE_SECONDS = 110.0


def run_road(environ: Mapping[str, str], report_file: Path, job: Callable[[Stopper], int]) -> int:
    """Run a whole job, and see to it that it never ends with 0 on an error.

    Args:
        environ: Environment variables; `BYOML_STOP_GRACE_SECONDS` is read here.
        report_file: Where it is told what went wrong, unless the user's program tells it there.
        job: The job in order; it gives the program's exit code.

    Returns:
        The exit code: the job's, 128+n where signal n ended it, 1 for whatever fails around it.
    """
    code = run_reaping(partial(_run, environ, report_file, job))
    _give_up_on_full_streams()
    return code


def _give_up_on_full_streams() -> None:
    """Drop what our streams cannot take, such as a log on a full disk: Python would else end with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _run(environ: Mapping[str, str], report_file: Path, job: Callable[[Stopper], int]) -> int:
    log.configure(log.level_number(environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL")))
    try:
        stopper = Stopper(seconds_of(environ, "BYOML_STOP_GRACE_SECONDS", _GRACE_SECONDS))
        with stopper.listening():
            _forget(report_file)
            return job(stopper)
    except Stopped as stopped:
        _log.info("stopped while no program ran")
        return stopped.exit_code
    except UserCodeError as error:
        return _fail(report_file, error, error.stderr_tail)
    except ByomlError as error:
        return _fail(report_file, error, "")
    except BaseException as error:  # noqa: BLE001  even SystemExit: the job has failed and must say so
        return _fail(report_file, error, traceback.format_exc())


def _forget(report_file: Path) -> None:
    """Remove what an earlier run left; where that is forbidden, it is no reason not to run."""
    try:
        report_file.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s cannot be removed (%s)", report_file, error)


def _fail(report_file: Path, error: BaseException, tail: str) -> int:
    summary = f"{type(error).__name__}: {error}"
    _log.error("%s%s", summary, "" if isinstance(error, ByomlError) else f"\n{tail}")
    report.write(report_file, report.describe(summary, None, tail, (), 1))
    return error.exit_code if isinstance(error, ByomlError) else 1


def seconds_of(environ: Mapping[str, str], name: str, default: float) -> float:
    """Read a variable that holds a number of seconds.

    Args:
        environ: Environment variables.
        name: The variable.
        default: What it is when unset or empty.

    Returns:
        Its value.

    Raises:
        SettingError: It holds something else.
    """
    text = environ.get(name, "").strip()
    try:
        return float(text) if text else default
    except ValueError:
        raise SettingError(name, text, "a number of seconds") from None
