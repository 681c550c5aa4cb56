"""The file that a model lies in: which of a folder, and how it is written and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.plugin.model_files import only, written_whole

from byoml_chainer import library
from byoml_chainer.errors import UnreadableModelError
from byoml_chainer.vgg import Facts, make_network

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NAME", "candidates", "load", "save"]

NAME = "model.npz"
# Keys beside those of Chainer, whose own load_npz passes over what the network does not ask for.
_FACTS = ("byoml/shape", "byoml/classes", "byoml/width", "byoml/dropout")


def candidates(model_dir: Path) -> list[Path]:
    """Name the files that may be the model: `model.npz` alone where it is there, else every `*.npz`.

    Args:
        model_dir: The model folder.

    Returns:
        Files of the folder itself, sorted; all others are none of our business.
    """
    exact = model_dir / NAME
    return [exact] if exact.is_file() else sorted(path for path in model_dir.glob("*.npz") if path.is_file())


def save(network: Any, facts: Facts, model_dir: Path) -> Path:
    """Write a model as `model.npz`, so that the file is there whole or not at all.

    Args:
        network: The trained network.
        facts: What it was made from.
        model_dir: The folder, made where it is missing.

    Returns:
        The file; `chainer.serializers.load_npz` reads it into a network that `make_network` makes of the same facts.
    """
    import numpy as np

    chainer = library.load()
    serializer = chainer.serializers.DictionarySerializer()
    serializer.save(network)
    said = zip(_FACTS, (facts.shape, facts.classes, facts.width, facts.dropout), strict=True)
    arrays: dict[str, Any] = {**serializer.target, **{name: np.asarray(value) for name, value in said}}
    with written_whole(model_dir / NAME) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return model_dir / NAME


def load(model_dir: Path) -> tuple[Any, Facts]:
    """Load the model of a folder.

    Args:
        model_dir: The model folder.

    Returns:
        The network, and what it was made from.

    Raises:
        ModelFilesError: There is no model.
        AmbiguousModelError: There are several.
        UnreadableModelError: The file is damaged, or another network's.
        ChainerMissingError: Chainer is not installed.
    """
    found = only(model_dir, candidates(model_dir), NAME, "*.npz")
    chainer = library.load()
    arrays = _arrays(found)
    missing = [name for name in _FACTS if name not in arrays]
    if missing:
        raise UnreadableModelError(found, f"it has no key {missing[0]}")
    shape, classes, width, dropout = (arrays[name] for name in _FACTS)
    try:
        facts = Facts(tuple(map(int, shape)), int(classes), float(width), float(dropout))  # type: ignore[arg-type]
        network = make_network(facts)
        chainer.serializers.NpzDeserializer(arrays).load(network)
    except Exception as error:  # whatever does not fit together in it
        raise UnreadableModelError(found, _first_line(error)) from error
    return network, facts


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    import numpy as np

    try:
        # Opened here: numpy leaves a file that it cannot read open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except Exception as error:  # numpy and zipfile promise no kind of error for a file that is damaged
        raise UnreadableModelError(path, _first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n", 1)[0]
