"""The class of a video, from its name or its folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml_tensorflow.errors import UnreadableVideoError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["label_of"]

# v_ApplyEyeMakeup_g01_c01: class, group of clips from one scene, clip
_UCF = re.compile(r"v_(?P<label>[^_]+)_g\d+_c\d+")


def label_of(path: Path, root: Path, *, by_folder: bool) -> str:
    """Tell a video's class.

    Args:
        path: The video.
        root: The folder in which videos are looked for.
        by_folder: Whether its own folder names the class, whatever the video is called.

    Returns:
        The class: of `v_Class_g01_c01.avi` the word after `v_`, of other names the text before the first underscore;
        of names without one the folder's name.

    Raises:
        UnreadableVideoError: Neither says it.
    """
    folder = path.parent.name if path.parent != root else ""
    ucf = _UCF.fullmatch(path.stem)
    before, underscore, _ = path.stem.partition("_")
    by_name = ucf["label"] if ucf else before if underscore else ""
    label = folder if by_folder else by_name or folder
    if not label:
        wanted = "lie in a folder named as its class" if by_folder else "be named CLASS_more, or lie in a folder CLASS"
        raise UnreadableVideoError(str(path.relative_to(root)), f"its class is not told; it must {wanted}")
    return label
