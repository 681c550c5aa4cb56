"""The built-in algorithm, a program of its own: `python -m byoml_tensorflow.train`."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from byoml.job import pictures
from byoml.job.stopping import should_stop
from byoml.plugin.algorithm import HyperparameterError, Problem, TrainingRefusedError, run
from byoml.plugin.channel_files import ChannelDataError, files_of

from byoml_tensorflow import clips, model_files, network
from byoml_tensorflow.hyperparameters import Settings

if TYPE_CHECKING:
    from byoml.environment.channels import Channel
    from byoml.plugin.algorithm import AlgorithmJob
    from numpy.typing import NDArray

    from byoml_tensorflow.clips import Clips

__all__ = ["train"]

# Keras counts what stands in a batch and in an epoch under these names; a tuner reads ours.
_MEASURES = ("loss", "accuracy")
_BRIGHTEST = 255.0


def train(job: AlgorithmJob) -> None:
    """Train the 3D-CNN on the channel `training`, and leave it as SavedModel and `model.keras`.

    Args:
        job: The job; each epoch is a line with loss and accuracy. Once it is to stop, the model is saved as it is.

    Raises:
        ConfigurationError: Hyperparameters, channels, their data, or how they fit together.
    """
    should_stop()  # from here on a signal ends the program only when the model is saved
    job.require_one_host()
    settings = Settings.read(job.hyperparameters)
    training, validation = _data(job, settings)
    import tensorflow as tf

    tf.keras.utils.set_random_seed(settings.seed)
    scale = 1 / _BRIGHTEST if training.pixels.dtype.kind in "iu" or training.pixels.max() > 1 else 1.0
    model = network.build(
        training.pixels.shape[1:], len(training.classes), settings.width, scale, settings.learning_rate
    )
    try:
        history = _fit(model, training, validation, settings)
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingRefusedError(
            "TensorFlow", f"{error.message.splitlines()[0]}; a smaller batch needs less"
        ) from error
    model_files.save(model, job.model_dir)
    model_files.save_notes(job.model_dir, training.classes, skip=training.skip)
    _tell(job, history, model, validation or training)


def _data(job: AlgorithmJob, settings: Settings) -> tuple[Clips, Clips | None]:
    name = "training" if "training" in job.channels or "train" not in job.channels else "train"
    training = _load(job.channel(name))
    if settings.nclass not in (None, len(training.classes)):
        found = f"is {settings.nclass}, but the channel {name!r} has {len(training.classes)} classes"
        raise HyperparameterError([Problem("nclass", found, "leave it out to take what the files have")])
    if "validation" in job.channels:
        channel = job.channels["validation"]
        return training, _matching(channel, training, _load(channel))
    return _split(training, settings)


def _load(channel: Channel) -> Clips:
    files = [path for path in files_of(channel) if path.suffix == ".npz"]
    if not files:
        raise ChannelDataError(channel.path, f"channel {channel.name!r} has no .npz file")
    return clips.read(files)


def _matching(channel: Channel, training: Clips, validation: Clips) -> Clips:
    """Hold clips for validation to the shape of the others, and number their classes alike."""
    unknown = sorted(set(validation.classes) - set(training.classes))
    if unknown:
        raise ChannelDataError(channel.path, f"classes that nothing is trained on: {', '.join(unknown)}")
    found, wanted = validation.pixels.shape[1:], training.pixels.shape[1:]
    if found != wanted:
        raise ChannelDataError(channel.path, f"clips of shape {found}; those that are trained on have {wanted}")
    return validation.numbered(training.classes)


def _split(all_clips: Clips, settings: Settings) -> tuple[Clips, Clips | None]:
    """Keep the same share of each class for validation."""
    import numpy as np

    if not settings.validation_split:
        return all_clips, None
    random = np.random.default_rng(settings.seed)
    kept: list[NDArray[Any]] = []
    for label in range(len(all_clips.classes)):
        members = random.permutation(np.flatnonzero(all_clips.labels == label))
        kept.append(members[: round(len(members) * settings.validation_split)])
    rows = np.sort(np.concatenate(kept))
    if not len(rows):
        return all_clips, None
    return all_clips.of(np.setdiff1d(np.arange(len(all_clips)), rows)), all_clips.of(rows)


def _fit(model: Any, training: Clips, validation: Clips | None, settings: Settings) -> dict[str, list[float]]:
    import tensorflow as tf

    def after_batch(batch: int, logs: Any = None) -> None:
        del batch, logs  # Keras names them
        model.stop_training = model.stop_training or should_stop()

    watch = tf.keras.callbacks.LambdaCallback(on_train_batch_end=after_batch, on_epoch_end=_tell_epoch)
    history = model.fit(
        training.pixels,
        training.labels,
        validation_data=(validation.pixels, validation.labels) if validation else None,
        batch_size=settings.batch,
        epochs=settings.epoch,
        callbacks=[watch],
        verbose=0,
    )
    return {name: list(map(float, values)) for name, values in history.history.items()}


def _tell_epoch(epoch: int, logs: dict[str, Any]) -> None:
    told = [f"train-{name}:{logs[name]:.5f}" for name in _MEASURES if name in logs]
    told += [f"validation-{name}:{logs[f'val_{name}']:.5f}" for name in _MEASURES if f"val_{name}" in logs]
    print(f"[{epoch + 1}]", *told, sep="\t", flush=True)  # noqa: T201  the metric line is the program's output


def _tell(job: AlgorithmJob, history: dict[str, list[float]], model: Any, judged: Clips) -> None:
    """Leave how the training went, as numbers and as pictures."""
    import numpy as np

    job.output_dir.mkdir(parents=True, exist_ok=True)
    (job.output_dir / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")
    for name in _MEASURES:
        named = {"train": history.get(name), "validation": history.get(f"val_{name}")}
        curves = {label: values for label, values in named.items() if values}
        if curves:
            pictures.learning_curves(job.output_dir / f"{name}.png", curves, name)
    predicted = np.concatenate(
        [model.predict_on_batch(judged.pixels[at : at + 64]) for at in range(0, len(judged), 64)]
    ).argmax(axis=1)
    matrix = np.zeros((len(judged.classes),) * 2, dtype=int)
    np.add.at(matrix, (judged.labels, predicted), 1)
    pictures.confusion_matrix(job.output_dir / "confusion_matrix.png", matrix, judged.classes)


if __name__ == "__main__":
    sys.exit(run(train, os.environ))
