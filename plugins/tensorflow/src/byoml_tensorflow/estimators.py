"""Train the estimator that a script's functions define: `python -m byoml_tensorflow.estimators SCRIPT`.

The functions are those of AWS's first TensorFlow container (contract/inference F-16). One of these makes the estimator:
`model_fn(features, labels, mode, params)`, `estimator_fn(run_config, params)`, `keras_model_fn(params)`. Then there are
`train_input_fn` and `eval_input_fn`, which take `training_dir`, `params`, `channels` as they name them; and
`serving_input_fn(params)`, without which nothing is exported. Hyperparameters `training_steps` (1000) and
`evaluation_steps` (100) say how long.
"""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.plugin.algorithm import HyperparameterError, run
from byoml.plugin.hyperparameter_table import read_values
from byoml.plugin.kinds import Whole
from byoml.source.module import load_module

from byoml_tensorflow.errors import NoEstimatorsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from byoml.plugin.algorithm import AlgorithmJob

__all__ = ["train"]

_STEPS = {"training_steps": Whole(1), "evaluation_steps": Whole(1)}
_TRAINING, _EVALUATION = 1000, 100
_CHECKPOINT_SECONDS = 300


def train(script: Path, job: AlgorithmJob) -> None:
    """Train, evaluate and export.

    Args:
        script: The user's script.
        job: The job; the exported SavedModel goes to `1/` in its model folder.

    Raises:
        NoEstimatorsError: This TensorFlow has no estimators.
        HyperparameterError: A number of steps is none.
        UserModuleError: The script cannot be imported.
    """
    steps, problems = read_values(
        {key: job.hyperparameters[key] for key in _STEPS if key in job.hyperparameters}, _STEPS
    )
    if problems:
        raise HyperparameterError(problems)
    import tensorflow as tf

    if not hasattr(tf, "estimator"):
        raise NoEstimatorsError(script.name, tf.__version__)
    module = load_module(script, script.parent)
    folder = str(job.checkpoint_dir) if job.checkpoint_dir.is_dir() else tempfile.mkdtemp(prefix="byoml-estimator-")
    config = tf.estimator.RunConfig(model_dir=folder, save_checkpoints_secs=_CHECKPOINT_SECONDS)
    estimator = _estimator(module, config, dict(job.hyperparameters))
    tf.estimator.train_and_evaluate(
        estimator,
        tf.estimator.TrainSpec(_input(module.train_input_fn, job), steps.get("training_steps", _TRAINING)),
        tf.estimator.EvalSpec(_input(module.eval_input_fn, job), steps.get("evaluation_steps", _EVALUATION)),
    )
    if hasattr(module, "serving_input_fn") and job.rank == 0:
        _export(estimator, partial(module.serving_input_fn, dict(job.hyperparameters)), job.model_dir)


def _estimator(module: ModuleType, config: Any, params: dict[str, Any]) -> Any:
    import tensorflow as tf

    if hasattr(module, "estimator_fn"):
        return module.estimator_fn(config, params)
    if hasattr(module, "keras_model_fn"):
        return tf.keras.estimator.model_to_estimator(keras_model=module.keras_model_fn(params), config=config)
    return tf.estimator.Estimator(model_fn=module.model_fn, params=params, config=config)


def _input(function: Callable[..., Any], job: AlgorithmJob) -> Callable[[], Any]:
    """Give an input function what it names; parameters of other names have their own defaults."""
    folders = {name: str(channel.path) for name, channel in job.channels.items()}
    training = folders.get("training") or folders.get("train") or next(iter(folders.values()), "")
    known = {
        **dict.fromkeys(("training_dir", "dir"), training),
        **{name: dict(job.hyperparameters) for name in ("params", "hyperparameters")},
        **dict.fromkeys(("channels", "input_channels"), folders),
    }
    return partial(function, **{name: known[name] for name in inspect.signature(function).parameters if name in known})


def _export(estimator: Any, receiver: Callable[[], Any], model_dir: Path) -> None:
    """Export into a folder beside, so that `1/` is there whole or not at all."""
    with tempfile.TemporaryDirectory(dir=model_dir, prefix=".export-") as folder:
        exported = estimator.export_saved_model(folder, receiver)
        shutil.rmtree(model_dir / "1", ignore_errors=True)
        Path(os.fsdecode(exported)).replace(model_dir / "1")


if __name__ == "__main__":
    sys.exit(run(partial(train, Path(sys.argv[1]).resolve()), os.environ))
