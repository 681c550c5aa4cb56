"""Metrics of a running job: for the platform's agent, and for everybody who reads the log."""

from __future__ import annotations

import json
import logging
import math
import operator
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["log_metric"]

_log = logging.getLogger("byoml.job")
_NAME = re.compile(r"[^=;\x00-\x1f\x7f]{1,255}")
# Files whose last line could not be written whole; the next one begins on a line of its own.
_torn: set[Path] = set()
_warned: set[str] = set()


def log_metric(
    name: str, value: SupportsFloat, step: SupportsIndex | None = None, environ: Mapping[str, str] = os.environ
) -> None:
    r"""Tell one number of the training, such as a loss.

    It is written to the platform's metrics file (`$SAGEMAKER_METRICS_DIRECTORY/<pid>.json`), and printed as a line
    `loss=0.25; step=3;`, which a metric definition finds with the regular expression `\bloss=([-+.0-9eE]+);`. Any
    thread and any rank may call it. A full disk costs the metric, with a warning, and never the job.

    Args:
        name: Its name, 1 to 255 characters without `=`, `;` and control characters.
        value: A number, or what can be made one, such as a tensor with one element. NaN and infinity are printed
            only: the file has no way to write them.
        step: The step or epoch, a whole number of at least 0; None for none.
        environ: Where the variable is looked for.

    Raises:
        SettingError: The name, the value or the step is none of these.
    """
    if not _NAME.fullmatch(name):
        raise SettingError("name of a metric", name, "1 to 255 characters without '=', ';' and control characters")
    number, iteration = _number(name, value), _step(name, step)
    if math.isfinite(number):
        folder = _folder(environ)
        if folder is not None:
            _append(folder / f"{os.getpid()}.json", _line(name, number, iteration))
    _print(f"{name}={number!r};" + ("" if iteration is None else f" step={iteration};"))


def _number(name: str, value: SupportsFloat) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise SettingError(f"metric {name!r}", value, "a number") from None


def _step(name: str, step: SupportsIndex | None) -> int | None:
    try:
        number = None if step is None else operator.index(step)
    except TypeError:
        number = -1
    if number is not None and number < 0:
        raise SettingError(f"step of metric {name!r}", step, "a whole number of at least 0")
    return number


def _folder(environ: Mapping[str, str]) -> Path | None:
    """Find the folder of the metrics files; none where this is no container and nobody would look."""
    said = environ.get("SAGEMAKER_METRICS_DIRECTORY")
    if said:
        return Path(said)
    paths = ContainerPaths.from_environ(environ)
    return paths.metrics if paths.output.is_dir() else None


def _line(name: str, value: float, step: int | None) -> bytes:
    entry: dict[str, Any] = {"MetricName": name, "Value": value, "Timestamp": time.time()}
    if step is not None:
        entry["IterationNumber"] = step
    return json.dumps(entry).encode() + b"\n"


def _append(path: Path, line: bytes) -> None:
    """Append a line by one write, which no other thread's or process's can come between."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            whole = b"\n" + line if path in _torn else line
            written = os.write(file, whole)
        finally:
            os.close(file)
        (_torn.discard if written == len(whole) else _torn.add)(path)
    except OSError as error:
        _warn_once("file", "metrics cannot be written to %s (%s); they are in the log only", path, error)


def _print(line: str) -> None:
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError) as error:  # stdout is full, or closed, or there is none
        _warn_once("stdout", "metrics cannot be printed (%s)", error)


def _warn_once(what: str, message: str, *args: object) -> None:
    if what not in _warned:
        _warned.add(what)
        _log.warning(message, *args)
