"""Many videos read side by side: threads suffice, as OpenCV lets go of the interpreter while it decodes."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from byoml_tensorflow.errors import UnreadableVideoError
from byoml_tensorflow.video import read_clip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from byoml_tensorflow.video import Form

__all__ = ["Gathered", "Video", "gather"]

_TELL_SECONDS = 5.0


@dataclass(frozen=True)
class Video:
    """One video of a class.

    Args:
        path: The file.
        name: How it is called in messages.
        label: Its class.
    """

    path: Path
    name: str
    label: str


@dataclass
class Gathered:
    """What came of videos.

    Args:
        clips: One a video that could be read, in the videos' order.
        labels: Their classes.
        problems: What is wrong with the others.
    """

    clips: list[NDArray[np.uint8]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, video: Video, found: NDArray[np.uint8] | UnreadableVideoError) -> None:
        if isinstance(found, UnreadableVideoError):
            self.problems.append(str(found))
            sys.stderr.write(f"skipped {found}\n")
        else:
            self.clips.append(found)
            self.labels.append(video.label)


def gather(videos: Sequence[Video], form: Form, workers: int) -> Gathered:
    """Read videos, and tell how far that is.

    Args:
        videos: The files.
        form: The clip that is wanted of each.
        workers: How many are read at once.

    Returns:
        All clips; a video that is broken is told on stderr and left out.
    """
    import cv2

    cv2.setNumThreads(1)  # the files are what is done side by side, not the lines of a frame
    gathered = Gathered()
    started = told = time.monotonic()
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for video, found in zip(videos, pool.map(partial(_read, form=form), videos), strict=True):
            gathered.add(video, found)
            if time.monotonic() - told > _TELL_SECONDS:
                told = time.monotonic()
                _tell(gathered, len(videos), told - started)
    _tell(gathered, len(videos), time.monotonic() - started)
    return gathered


def _read(video: Video, form: Form) -> NDArray[np.uint8] | UnreadableVideoError:
    try:
        return read_clip(str(video.path), form, video.name)
    except UnreadableVideoError as error:
        return error


def _tell(gathered: Gathered, all_of_them: int, seconds: float) -> None:
    done = len(gathered.clips) + len(gathered.problems)
    rate = done / seconds if seconds else 0.0
    told = f"{done} of {all_of_them} videos read, {rate:.1f} a second, {len(gathered.problems)} skipped"
    print(told, flush=True)  # noqa: T201  progress is the program's output
