"""The one file of a folder that a model lies in: how it is found among others, and written whole."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError, ModelFilesError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["AmbiguousModelError", "only", "written_whole"]


class AmbiguousModelError(ConfigurationError):
    """Several files of the folder could be the model."""

    def __init__(self, found: Sequence[Path], name: str) -> None:
        names = ", ".join(path.name for path in found)
        super().__init__(f"{found[0].parent} holds several models: {names}; leave one, or name it {name}")


def only(model_dir: Path, candidates: Sequence[Path], name: str, others: str) -> Path:
    """Take the only candidate.

    Args:
        model_dir: The model folder, for the error.
        candidates: Its files that may be the model.
        name: How the model's file is best named.
        others: What else it may be named, such as `*.joblib`.

    Returns:
        The file.

    Raises:
        ModelFilesError: There is none.
        AmbiguousModelError: There are several.
    """
    if not candidates:
        names = [path.name for path in model_dir.iterdir()] if model_dir.is_dir() else []
        raise ModelFilesError(model_dir, f"{name} or {others}", names)
    if len(candidates) > 1:
        raise AmbiguousModelError(candidates, name)
    return candidates[0]


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Have a file there whole or not at all, whenever the program is stopped.

    Args:
        path: Where the file goes; its folder is made where it is missing.

    Yields:
        Where to write it; once the block has ended without an error, it is moved to `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    yield part
    os.replace(part, path)  # noqa: PTH105  Path.replace says no more
