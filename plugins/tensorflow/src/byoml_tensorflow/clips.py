"""Clips and their classes in `.npz` files, as the processing job leaves them and the algorithm reads them.

`X` holds clips x rows x columns x frames x channels; `Y` one row of zeros and a one a clip. Beside them may stand
`classes`, the names in the order of Y's columns, and `skip`, whether frames were taken spread over each video.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.channel_files import ChannelDataError
from byoml.plugin.model_files import written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Clips", "merged", "read", "write"]

_DIMENSIONS = 5
_WANTED = "X must be clips x rows x columns x frames x channels"


@dataclass(frozen=True)
class Clips:
    """Clips of videos.

    Args:
        pixels: Clips x rows x columns x frames x channels; numbers.
        labels: The index of each clip's class.
        classes: Names of the classes.
        skip: Whether the frames were taken spread over each video, not one after another.
    """

    pixels: NDArray[Any]
    labels: NDArray[Any]
    classes: tuple[str, ...]
    skip: bool = True

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, rows: NDArray[Any]) -> Clips:
        """Take the clips of some indices."""
        return Clips(self.pixels[rows], self.labels[rows], self.classes, self.skip)

    def numbered(self, classes: tuple[str, ...]) -> Clips:
        """Number the classes as others do, who have all of them."""
        import numpy as np

        numbers = np.array([classes.index(name) for name in self.classes], dtype="int64")
        return Clips(self.pixels, numbers[self.labels], classes, self.skip)


def read(paths: Sequence[Path]) -> Clips:
    """Read files as one set of clips.

    Args:
        paths: `.npz` files, at least one.

    Returns:
        The clips of all, in the files' order.

    Raises:
        ChannelDataError: One is no such file, or they do not fit together; it names file and key.
    """
    return merged(paths, [_read(path) for path in paths])


def merged(paths: Sequence[Path], parts: Sequence[Clips]) -> Clips:
    """Put sets of clips together; classes are matched by their names, sorted where the sets have different ones.

    Args:
        paths: Where each set comes from, for the error.
        parts: The sets, at least one.

    Returns:
        All clips.

    Raises:
        ChannelDataError: Clips of one set have another shape than those of the first.
    """
    import numpy as np

    shape = parts[0].pixels.shape[1:]
    for path, part in zip(paths, parts, strict=True):
        if part.pixels.shape[1:] != shape:
            found = f"clips of shape {part.pixels.shape[1:]}, but those of {paths[0]} have {shape}"
            raise ChannelDataError(path, f"{found}; all must be alike")
    named = {part.classes for part in parts}
    classes = parts[0].classes if len(named) == 1 else tuple(sorted(set().union(*named)))
    labels = np.concatenate([part.numbered(classes).labels for part in parts])
    pixels = parts[0].pixels if len(parts) == 1 else np.concatenate([part.pixels for part in parts])
    return Clips(pixels, labels, classes, all(part.skip for part in parts))


def write(path: Path, clips: Clips) -> None:
    """Write clips as one `.npz`, whole or not at all.

    Args:
        path: The file.
        clips: The clips.
    """
    import numpy as np

    one_hot = np.eye(len(clips.classes), dtype="uint8")[clips.labels]
    with written_whole(path) as part, part.open("wb") as file:
        np.savez(file, X=clips.pixels, Y=one_hot, classes=np.array(clips.classes), skip=np.array(clips.skip))


def _read(path: Path) -> Clips:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("X", "Y", "classes", "skip") if name in file.files}
            there = file.files
    except Exception as error:  # noqa: BLE001  numpy promises no kind of error for what is no npz
        raise ChannelDataError(path, f"no .npz of plain arrays: {error}") from None
    for name in ("X", "Y"):
        if name not in arrays:
            raise ChannelDataError(path, f"no array {name!r} in it, only {', '.join(there) or 'nothing'}; {_WANTED}")
    pixels, labels = arrays["X"], _labels(path, arrays["Y"])
    if pixels.ndim != _DIMENSIONS or not pixels.size or pixels.dtype.kind not in "buif":
        raise ChannelDataError(path, f"X is {pixels.dtype} of shape {pixels.shape}; {_WANTED}, all of them numbers")
    if len(labels) != len(pixels):
        raise ChannelDataError(path, f"X has {len(pixels)} clips, but Y has {len(labels)}")
    width = arrays["Y"].shape[1] if arrays["Y"].ndim > 1 else int(labels.max()) + 1
    classes = tuple(map(str, arrays["classes"].tolist())) if "classes" in arrays else tuple(map(str, range(width)))
    if len(classes) < width:
        raise ChannelDataError(path, f"{len(classes)} names in `classes`, but Y has {width} classes")
    return Clips(pixels, labels, classes, bool(arrays.get("skip", True)))


def _labels(path: Path, said: NDArray[Any]) -> NDArray[Any]:
    """Read one-hot rows, or the numbers of the classes."""
    one_hot = said.ndim == 2 and ((said == 0) | (said == 1)).all() and (said.sum(axis=1) == 1).all()  # noqa: PLR2004
    if one_hot:
        numbers: NDArray[Any] = said.argmax(axis=1)
        return numbers
    if said.ndim == 1 and said.size and said.dtype.kind in "iu" and (said >= 0).all():
        return said.astype("int64")
    raise ChannelDataError(path, f"Y is {said.dtype} of shape {said.shape}; each row must hold a single 1, else 0")
