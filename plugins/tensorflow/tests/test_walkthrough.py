"""The main job: videos become arrays, arrays a model, the model an endpoint that names what a video shows."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.testing.container import Endpoint

pytestmark = pytest.mark.timeout(300)


def test_videos_become_clips_and_their_classes(processed: Any) -> None:
    """One array of all clips, the classes of UCF's names, and a broken video that is told and left out."""
    assert processed.outcome.exit_code == 0, processed.outcome.stderr
    with np.load(processed.output / "clips.npz") as file:
        assert (file["X"].shape, file["X"].dtype) == ((120, 16, 16, 8, 1), np.uint8)
        assert file["Y"].sum(axis=0).tolist() == [30, 30, 30, 30]
    assert (processed.output / "classes.txt").read_text() == "Down\nLeft\nRight\nUp\n"
    assert b"skipped Left_broken.mp4: " in processed.outcome.stderr
    assert b"121 of 121 videos read" in processed.outcome.stdout


def test_the_algorithm_really_learns(trained: Any) -> None:
    """It names at least nine of ten movements that it was not trained on, and leaves what shows how it got there."""
    assert trained.outcome.exit_code == 0, trained.outcome.stderr
    lines = trained.outcome.stdout.decode().splitlines()
    accuracies = [float(re.search(r"validation-accuracy:([\d.]+)", line)[1]) for line in lines]  # type: ignore[index]  # found, or the test fails
    history = json.loads((trained.output / "history.json").read_text())

    assert max(accuracies[-3:]) >= 0.9
    assert len(history["loss"]) == len(history["val_accuracy"]) == len(lines) == 15
    for picture in ("loss.png", "accuracy.png", "confusion_matrix.png"):
        assert (trained.output / picture).read_bytes().startswith(b"\x89PNG")


def test_the_model_lies_there_as_tf_serving_and_keras_want_it(trained: Any) -> None:
    """A SavedModel with a version, Keras's own file, and the names of the classes."""
    found = {path.name for path in trained.model_dir.iterdir()}

    assert found == {"1", "model.keras", "classes.txt", "clip.json"}
    assert (trained.model_dir / "1/saved_model.pb").is_file()


def test_the_endpoint_names_what_a_video_shows(endpoint: Endpoint, clip_bodies: Mapping[str, bytes]) -> None:
    """Whatever the kind of file: the class, and the probability of each."""
    for kind, body in clip_bodies.items():
        answer = endpoint.invoke(body, kind)
        assert answer.status == 200, answer.body
        (prediction,) = answer.json()["predictions"]
        assert prediction["class"] == "Left", kind
        assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_the_endpoint_takes_an_array(endpoint: Endpoint, processed: Any) -> None:
    """Many clips at once, or one without an axis for many, and answers in every type."""
    with np.load(processed.output / "clips.npz") as file:
        pixels, labels = file["X"][::10], file["Y"][::10].argmax(axis=1)
    many, one = io.BytesIO(), io.BytesIO()
    np.save(many, pixels)
    np.save(one, pixels[0])

    probabilities = np.load(io.BytesIO(endpoint.invoke(many.getvalue(), "application/x-npy", "application/x-npy").body))
    named = endpoint.invoke(one.getvalue(), "application/x-npy", "text/csv").text.split(",")
    lines = endpoint.invoke(many.getvalue(), "application/x-npy", "application/jsonlines").text.splitlines()

    assert (probabilities.argmax(axis=1) == labels).mean() >= 0.9
    assert (named[0], len(named)) == (json.loads(lines[0])["class"], 5)
    assert len(lines) == len(pixels)
