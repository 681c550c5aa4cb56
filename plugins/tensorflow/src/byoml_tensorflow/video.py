"""Videos as clips: a fixed number of frames, all of one size."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml_tensorflow.errors import UnreadableVideoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COLOR_CHANNELS", "SUFFIXES", "Form", "clip_of_bytes", "picture_of_bytes", "read_clip"]

SUFFIXES = (".mp4", ".avi", ".webm")
COLOR_CHANNELS = 3
# A file of a few kilobytes can claim any size.
_MOST_PIXELS = 2**26


@dataclass(frozen=True)
class Form:
    """What a clip is.

    Args:
        rows: Pixels from top to bottom.
        cols: Pixels from left to right.
        depth: Frames.
        channels: 3 for red, green and blue; 1 for grey.
        skip: Frames spread over the whole video, else its first ones.
    """

    rows: int = 32
    cols: int = 32
    depth: int = 10
    channels: int = 1
    skip: bool = True


def read_clip(path: str, form: Form, name: str) -> NDArray[np.uint8]:
    """Read a video as a clip; one that has fewer frames than asked for shows some of them again.

    Args:
        path: A file that OpenCV reads: mp4, avi, webm and more.
        form: The clip that is wanted.
        name: The file's, for the error.

    Returns:
        Rows x columns x frames x channels.

    Raises:
        UnreadableVideoError: It is no video, or no frame of it can be read.
    """
    import numpy as np

    with _opened(path, name) as (video, count):
        frames = _frames(video, _wanted(count, form), form) if count else {}
    if len(frames) < len(set(_wanted(count, form))):  # the file says nothing of its length, or says more than is there
        with _opened(path, name) as (video, _):
            count = _counted(video)
        with _opened(path, name) as (video, _):
            frames = _frames(video, _wanted(count, form), form)
    if not frames:
        raise UnreadableVideoError(name, "no frame can be read")
    taken = [frames[index] for index in _wanted(count, form)]
    return np.stack(taken, axis=2)


def clip_of_bytes(body: bytes, form: Form, name: str) -> NDArray[np.uint8]:
    """Read a video that is no file yet; as `read_clip`."""
    with tempfile.NamedTemporaryFile(prefix="byoml-video-") as file:
        file.write(body)
        file.flush()
        return read_clip(file.name, form, name)


def picture_of_bytes(body: bytes, rows: int | None, cols: int | None, channels: int) -> NDArray[np.uint8]:
    """Read a PNG or JPEG.

    Args:
        body: The file.
        rows: How high it is to be; None leaves it.
        cols: How wide.
        channels: 3 for red, green and blue; 1 for grey.

    Returns:
        Rows x columns x channels.

    Raises:
        UnreadableVideoError: It is no picture.
    """
    import cv2
    import numpy as np

    wanted = cv2.IMREAD_COLOR if channels == COLOR_CHANNELS else cv2.IMREAD_GRAYSCALE
    try:
        picture = cv2.imdecode(np.frombuffer(body, np.uint8), wanted) if body else None
    except cv2.error:  # more pixels than OpenCV reads
        picture = None
    if picture is None:
        raise UnreadableVideoError("the picture", "it must be a whole PNG or JPEG file")
    height, width = picture.shape[:2]
    if channels == COLOR_CHANNELS:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return _sized(picture, rows or height, cols or width, channels)


@contextmanager
def _opened(path: str, name: str) -> Iterator[tuple[Any, int]]:
    """Open a video; gives it and the number of frames that it says it has, 0 where it does not."""
    import cv2

    video = cv2.VideoCapture(path, cv2.CAP_FFMPEG, (cv2.CAP_PROP_N_THREADS, 1))
    try:
        if not video.isOpened():
            raise UnreadableVideoError(name, "it is no video that OpenCV reads, or not a whole one")
        width, height = video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if width * height > _MOST_PIXELS:
            raise UnreadableVideoError(name, f"frames of {width:g} x {height:g} pixels; at most {_MOST_PIXELS}")
        yield video, max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))
    finally:
        video.release()


def _wanted(count: int, form: Form) -> list[int]:
    """Choose frames: spread evenly from the first to the last, or the first ones; the last again where they run out."""
    if count <= 0:
        return []
    if not form.skip:
        return [min(index, count - 1) for index in range(form.depth)]
    return [index * count // form.depth for index in range(form.depth)]


def _frames(video: Any, wanted: Sequence[int], form: Form) -> dict[int, NDArray[Any]]:
    """Read frames one after another, as seeking is not exact; only those that are wanted are made pictures of."""
    frames: dict[int, NDArray[Any]] = {}
    remaining = sorted(set(wanted), reverse=True)
    index = 0
    while remaining and video.grab():
        if index == remaining[-1]:
            whole, picture = video.retrieve()
            if not whole:
                break
            frames[remaining.pop()] = _converted(picture, form)
        index += 1
    return frames


def _counted(video: Any) -> int:
    count = 0
    while video.grab():
        count += 1
    return count


def _converted(picture: NDArray[Any], form: Form) -> NDArray[Any]:
    import cv2

    # Smaller first: what is left to convert is less.
    small = cv2.resize(picture, (form.cols, form.rows), interpolation=cv2.INTER_AREA)
    color = cv2.COLOR_BGR2RGB if form.channels == COLOR_CHANNELS else cv2.COLOR_BGR2GRAY
    return _sized(cv2.cvtColor(small, color), form.rows, form.cols, form.channels)


def _sized(picture: NDArray[Any], rows: int, cols: int, channels: int) -> NDArray[Any]:
    import cv2

    if picture.shape[:2] != (rows, cols):
        picture = cv2.resize(picture, (cols, rows), interpolation=cv2.INTER_AREA)
    return picture.reshape(rows, cols, channels)
