"""Labelled pictures of a channel: `.npz` files with the keys `data` and `labels`, as image algorithms learn from."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError, files_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from byoml.environment.channels import Channel

__all__ = ["LabelledImages", "read_images", "scaled"]

_DATA, _LABELS = "data", "labels"
_AXES = 4
_WANTED = "numpy.savez(file, data=..., labels=...) writes what is wanted"


@dataclass(frozen=True)
class LabelledImages:
    """Pictures, and which class each is of.

    Args:
        data: Pictures x channels x height x width, float32.
        labels: One class a picture, int64, from 0.
        source: Where they come from, for errors: the first file.
    """

    data: NDArray[np.float32]
    labels: NDArray[np.int64]
    source: Path

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: slice) -> LabelledImages:
        """Some of them, without a copy."""
        return replace(self, data=self.data[chosen], labels=self.labels[chosen])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one picture."""
        _, channels, height, width = self.data.shape
        return channels, height, width

    @property
    def classes(self) -> int:
        """How many classes the labels need: the highest one, and those below it."""
        return int(self.labels.max()) + 1


def read_images(channel: Channel, like: LabelledImages | None = None, classes: int | None = None) -> LabelledImages:
    """Read the `.npz` files of a channel as one set of pictures.

    Each file has the keys `data` (pictures x channels x height x width; floating point as it is, uint8 from 0..255 to
    0..1) and `labels` (whole numbers from 0, one a picture). Other keys are ignored; nothing is unpickled.

    Args:
        channel: The channel.
        like: Pictures whose shape and classes these must fit: those that are trained on.
        classes: How many classes there are, where those pictures do not show all.

    Returns:
        The pictures of all files, in the order of their paths.

    Raises:
        ChannelDataError: Something is not as it should be; it names file and key.
    """
    import numpy as np

    paths = [path for path in files_of(channel) if path.suffix.lower() == ".npz"]
    if not paths:
        raise ChannelDataError(channel.path, f"channel {channel.name!r} has no file *.npz; {_WANTED}")
    parts = [_read(path) for path in paths]
    for part in parts:
        _check_shape(part, like or parts[0])
        if like is not None:
            _check_classes(part, classes or like.classes, like.source)
    if len(parts) == 1:
        return parts[0]
    data, labels = (np.concatenate([getattr(part, key) for part in parts]) for key in (_DATA, _LABELS))
    return LabelledImages(data, labels, paths[0])


def scaled(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Give pixels as what is computed with, in training as in serving.

    Args:
        pixels: Any shape; uint8 stands for 0..1 in 255 steps, all other numbers stand for themselves.

    Returns:
        The same shape.
    """
    import numpy as np

    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    return pixels.astype(np.float32, copy=False)


def _read(path: Path) -> LabelledImages:
    arrays = _arrays(path)
    return LabelledImages(_data(path, arrays[_DATA]), _labels(path, arrays[_LABELS], len(arrays[_DATA])), path)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    import numpy as np

    if not zipfile.is_zipfile(path):
        raise ChannelDataError(path, f"not an npz file; {_WANTED}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = archive.files
            found = {key: np.asarray(archive[key]) for key in (_DATA, _LABELS) if key in names}
    except Exception as error:  # numpy and zipfile promise no kind of error for a file that is damaged
        raise ChannelDataError(path, f"it cannot be read ({error}); {_WANTED}") from error
    for key in (_DATA, _LABELS):
        if key not in found:
            raise ChannelDataError(path, f"there is no key {key!r}; it has {', '.join(names) or 'none'}. {_WANTED}")
    return found


def _data(path: Path, data: NDArray[Any]) -> NDArray[np.float32]:
    import numpy as np

    if data.ndim != _AXES or not data.size:
        wanted = "at least one picture, as pictures x channels x height x width"
        raise _key_error(path, _DATA, f"its shape is {data.shape}", wanted)
    if data.dtype.kind != "f" and data.dtype != np.uint8:
        raise _key_error(path, _DATA, f"its dtype is {data.dtype}", "float32, or uint8 for pixels of 0..255")
    pixels = scaled(data)
    if not np.isfinite(pixels).all():
        number = int(np.flatnonzero(~np.isfinite(pixels).all(axis=(1, 2, 3)))[0])
        raise _key_error(path, _DATA, f"picture {number} has a value that is NaN or infinite", "finite float32 only")
    return pixels


def _labels(path: Path, labels: NDArray[Any], pictures: int) -> NDArray[np.int64]:
    import numpy as np

    if labels.shape != (pictures,):
        raise _key_error(path, _LABELS, f"its shape is {labels.shape}", f"one label a picture, which is ({pictures},)")
    if labels.dtype.kind not in "iu":
        raise _key_error(path, _LABELS, f"its dtype is {labels.dtype}", "whole numbers, such as int64")
    if labels.min() < 0:
        raise _key_error(path, _LABELS, f"label {int(np.argmin(labels))} is {labels.min()}", "classes from 0")
    return labels.astype(np.int64)


def _check_shape(part: LabelledImages, like: LabelledImages) -> None:
    if part.shape != like.shape:
        found = f"its pictures are {_times(part.shape)}"
        raise _key_error(part.source, _DATA, found, f"{_times(like.shape)}, as in {like.source}")


def _check_classes(part: LabelledImages, classes: int, trained_on: Path) -> None:
    """A class that nothing is trained on cannot be predicted."""
    if part.classes > classes:
        allowed = f"at most {classes - 1}, the highest that is trained on, in {trained_on}"
        raise _key_error(part.source, _LABELS, f"a label is {part.classes - 1}", allowed)


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _key_error(path: Path, key: str, found: str, wanted: str) -> ChannelDataError:
    return ChannelDataError(path, f"key {key!r}: {found}; it must be {wanted}")
