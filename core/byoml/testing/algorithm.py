"""The program of a built-in algorithm, run as the training road runs it: told of its job by variables alone.

    ended = run_algorithm("byoml_mine.train", {"train": folder}, tmp_path / "model", {"epochs": "2"})
    assert ended.returncode == 0, ended.stderr

It is quicker than `Container.train`, as only the algorithm runs, and shows what the algorithm itself prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["run_algorithm", "start_algorithm"]

# A test run that measures coverage measures the processes under test as well.
_COVERAGE = "COVERAGE_"
_TIMEOUT_SECONDS = 60.0


def start_algorithm(
    module: str,
    channels: Mapping[str, Path],
    model_dir: Path,
    hyperparameters: Mapping[str, Any] | None = None,
    **variables: str,
) -> subprocess.Popen[str]:
    """Start an algorithm; warnings of Python are errors in it.

    Args:
        module: Its module, run by `python -m`.
        channels: A folder or file by channel.
        model_dir: Where the model goes; results and checkpoints go to the folders `output` and `checkpoints` beside it.
        hyperparameters: Decoded values or texts by key.
        variables: More variables, such as `SM_HOSTS`; they win.

    Returns:
        The process, with stdout and stderr as pipes of text.
    """
    kept = {name: value for name, value in os.environ.items() if name.startswith(_COVERAGE)}
    job = {
        # What `byoml.checkpoints` goes by.
        "SAGEMAKER_BASE_DIR": str(model_dir.parent),
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(dict(hyperparameters or {})),
        "SM_MODEL_DIR": str(model_dir),
        "SM_OUTPUT_DATA_DIR": str(model_dir.with_name("output")),
        "SM_CHECKPOINT_DIR": str(model_dir.with_name("checkpoints")),
        **{f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()},
    }
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", module],
        env={**kept, **job, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_algorithm(
    module: str,
    channels: Mapping[str, Path],
    model_dir: Path,
    hyperparameters: Mapping[str, Any] | None = None,
    *,
    timeout: float = _TIMEOUT_SECONDS,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run an algorithm to its end, as `start_algorithm` starts it.

    Args:
        module: Its module, run by `python -m`.
        channels: A folder or file by channel.
        model_dir: Where the model goes.
        hyperparameters: Decoded values or texts by key.
        timeout: Seconds that it may take; it is killed then, and subprocess.TimeoutExpired raised.
        variables: More variables; they win.

    Returns:
        How it ended, and what it printed.
    """
    with start_algorithm(module, channels, model_dir, hyperparameters, **variables) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
