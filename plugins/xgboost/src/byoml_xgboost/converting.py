"""Models of old forms written anew, by the last release that reads them, in an environment of its own."""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.child import Stopper, run
from byoml.plugin.model_files import written_whole

from byoml_xgboost import old_models
from byoml_xgboost.forms import Form, look
from byoml_xgboost.model_errors import ConversionError, OldModelError, UnreadableModelError
from byoml_xgboost.reading import read_found, read_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["convert"]

#: The last releases that read everything since 0.90; the wheel for CPUs has a hundredth of the other's size.
_REQUIREMENT = "xgboost-cpu>=3.0,<3.1"
_STDERR = 2
_TOLERANCE = 1e-5


def convert(old: Path, new: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Write a model so that the installed XGBoost reads it.

    Args:
        old: A model of any form since XGBoost 0.90; of pickles the booster is taken, and nothing in them is run.
        new: Where it goes, whole or not at all: as JSON where its name ends so, else as UBJ. Its folder is made.
        environ: pip's variables.
        say: Tells what is being done.

    Raises:
        UnreadableModelError: It is no model of XGBoost's.
        ConversionError: The older release cannot be installed, or does not read it, or the two predict differently.
        Stopped: A stop was asked for meanwhile.
    """
    import xgboost as xgb

    content = old.read_bytes()
    found = look(content)
    if found.form is Form.OTHER:
        raise UnreadableModelError(old, str(xgb.__version__), found.told)
    say(f"{old} is {found.told}" + (f", written by XGBoost {found.release}" if found.release else ""))
    with written_whole(new) as part:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                booster = read_found(old, content, found)
        except OldModelError:
            part.write_bytes(_by_older_release(old, new.suffix, environ, say))
        else:
            part.write_bytes(old_models.written(booster, new.suffix))
    say(f"{new} is written for XGBoost {xgb.__version__}")


def _by_older_release(old: Path, suffix: str, environ: Mapping[str, str], say: Callable[[str], None]) -> bytes:
    """Have the last release that reads the model write it anew, in an environment that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="byoml-convert-") as folder, Stopper().listening() as stopper:
        env, made, predictions = Path(folder, "env"), Path(folder, f"model{suffix}"), Path(folder, "predictions.json")
        python = str(env / "bin" / "python")
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", _REQUIREMENT]
        write = [python, "-W", "ignore", old_models.__file__, str(old), str(made), str(predictions)]
        for step, command in (
            ("making a throw-away environment", [sys.executable, "-m", "venv", str(env)]),
            (f"installing {_REQUIREMENT} in it, some 100 MB with numpy and scipy", install),
            ("writing the model anew", write),
        ):
            say(step)
            _run(command, old, step, environ, stopper)
        say("comparing what both releases predict")
        _compare(made, json.loads(predictions.read_text(encoding="ascii")), old)
        return made.read_bytes()


def _run(command: Sequence[str], old: Path, step: str, environ: Mapping[str, str], stopper: Stopper) -> None:
    """Run a step; what it says goes to our stderr as it comes."""
    variables = {name: value for name, value in environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    result = run(command, cwd=Path.cwd(), variables=variables, stopper=stopper, stdout=_STDERR)
    if result.exit_code:
        last = result.stderr_tail.strip().rpartition("\n")[2]
        raise ConversionError(old, step, f"exit code {result.exit_code}: {last}")


def _compare(made: Path, predictions: Any, old: Path) -> None:
    """Hold the installed release's predictions to the older one's."""
    import numpy as np

    ours = old_models.probe(read_model(made))
    if not np.allclose(ours, predictions, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True):
        raise ConversionError(old, "comparing predictions", "the new model predicts otherwise than the old one")
