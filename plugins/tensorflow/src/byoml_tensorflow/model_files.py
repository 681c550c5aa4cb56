"""Where models lie in a folder: SavedModels by name and version as TF Serving has them, `.keras`, and notes beside."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.errors import ModelFilesError
from byoml.plugin.model_files import only, written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["DEFAULT_NAME", "Notes", "Place", "find", "places", "read_notes", "save", "save_classes", "save_notes"]

DEFAULT_NAME = "model"
_SAVED_MODEL = "saved_model.pb"
_KERAS = "model.keras"
_SUFFIXES = (".keras", ".h5", ".hdf5")
_DEPTH = 4
_CLASSES = "classes.txt"
_CLIP = "clip.json"


@dataclass(frozen=True)
class Place:
    """One version of a model.

    Args:
        name: As requests name it.
        version: The higher wins.
        path: The folder of a SavedModel, or a file of Keras.
    """

    name: str
    version: int
    path: Path


@dataclass(frozen=True)
class Notes:
    """What stands beside a model.

    Args:
        classes: Names of what it tells apart; none where they are not noted.
        skip: Whether it was trained on frames that lie spread over each video.
    """

    classes: tuple[str, ...] = ()
    skip: bool = True


def places(model_dir: Path) -> list[Place]:
    """Find SavedModels; only where there is none, files of Keras.

    Args:
        model_dir: The model folder.

    Returns:
        `1/` as version 1 of `model`, `name/1/` at any depth to four as version 1 of `name`, a SavedModel in the folder
        itself as version 1 of `model`; else `model.keras`, or all `*.keras`, `*.h5` and `*.hdf5`.
    """
    found = [place for depth in range(_DEPTH) for place in _saved_models(model_dir, depth)]
    if found:
        return sorted(found, key=lambda place: (place.name, place.version))
    exact = model_dir / _KERAS
    if exact.is_file():
        return [Place(DEFAULT_NAME, 1, exact)]
    files = sorted(model_dir.iterdir()) if model_dir.is_dir() else ()
    return [Place(DEFAULT_NAME, 1, path) for path in files if path.suffix in _SUFFIXES and path.is_file()]


def _saved_models(model_dir: Path, depth: int) -> list[Place]:
    folders = [path.parent for path in model_dir.glob("/".join([*["*"] * depth, _SAVED_MODEL]))]
    if depth == 0:
        return [Place(DEFAULT_NAME, 1, folder) for folder in folders]
    versions = [folder for folder in folders if folder.name.isascii() and folder.name.isdigit()]
    return [
        Place(DEFAULT_NAME if folder.parent == model_dir else folder.parent.name, int(folder.name), folder)
        for folder in versions
    ]


def find(model_dir: Path) -> Sequence[Place]:
    """Find what is to be loaded.

    Args:
        model_dir: The model folder.

    Returns:
        All SavedModels, or the one file of Keras.

    Raises:
        ModelFilesError: There is nothing.
        AmbiguousModelError: There are several files of Keras.
    """
    found = places(model_dir)
    if not found:
        names = [path.name for path in model_dir.iterdir()] if model_dir.is_dir() else []
        raise ModelFilesError(model_dir, "1/saved_model.pb, model.keras or other *.keras, *.h5", names)
    if found[0].path.is_file():
        only(model_dir, [place.path for place in found], _KERAS, "*.keras")
    return found


def save(model: Any, model_dir: Path) -> None:
    """Write a Keras model as `1/`, a SavedModel, and as `model.keras`; each is there whole or not at all.

    Args:
        model: The model.
        model_dir: The folder, made where it is missing.
    """
    model_dir.mkdir(parents=True, exist_ok=True)
    file, folder = model_dir / f".part.{_KERAS}", model_dir / ".part.1"
    shutil.rmtree(folder, ignore_errors=True)
    model.save(file)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123  it is no path
        model.export(str(folder))
    file.replace(model_dir / _KERAS)
    shutil.rmtree(model_dir / "1", ignore_errors=True)
    folder.replace(model_dir / "1")


def save_notes(model_dir: Path, classes: Sequence[str], *, skip: bool) -> None:
    """Write `classes.txt`, and `clip.json`, which says how frames were taken."""
    save_classes(model_dir, classes)
    with written_whole(model_dir / _CLIP) as part:
        part.write_text(json.dumps({"skip": skip}), encoding="utf-8")


def save_classes(folder: Path, classes: Sequence[str]) -> None:
    """Write `classes.txt`, a name a line."""
    with written_whole(folder / _CLASSES) as part:
        part.write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")


def read_notes(model_dir: Path) -> Notes:
    """Read what stands beside a model; what is not there has its default."""
    classes, clip = model_dir / _CLASSES, model_dir / _CLIP
    names = classes.read_text("utf-8").splitlines() if classes.is_file() else []
    said = json.loads(clip.read_text("utf-8")) if clip.is_file() else {}
    return Notes(tuple(names), bool(said.get("skip", True)))
