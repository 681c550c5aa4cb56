"""What a stopped job goes on from: the whole trainer, in the job's checkpoint folder."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from byoml.job import checkpoints

from byoml_chainer import library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml_chainer.ranks import Ranks

__all__ = ["Snapshots"]

_log = logging.getLogger(__name__)
_NAME = "trainer.npz"
_ABOUT = "byoml/about"


class Snapshots:
    """The snapshots of one job.

    Args:
        about: What a snapshot must have been trained on and with, in words; one that differs is passed over.
        environ: The program's variables, which say where checkpoints lie.
    """

    def __init__(self, about: str, environ: Mapping[str, str]) -> None:
        self._about = about
        self._environ = environ

    def save(self, trainer: Any) -> None:
        """Save a trainer, whole or not at all."""
        checkpoints.save(
            _NAME, lambda path: self._write(trainer, path), step=trainer.updater.iteration, environ=self._environ
        )

    def resume(self, trainer: Any, ranks: Ranks) -> None:
        """Bring a trainer that has not begun where the last snapshot was, if there is one: the first's, for all."""
        content = b""
        if ranks.is_first:
            found = checkpoints.latest(_NAME, validate=self._fits, environ=self._environ)
            content = found.path.read_bytes() if found else b""
        content = ranks.of_first(content)
        if content:
            # Of the first's log and metrics the others have none.
            library.load().serializers.load_npz(io.BytesIO(content), trainer, strict=False)
            _log.warning("training goes on after epoch %d", trainer.updater.epoch)

    def _write(self, trainer: Any, path: Path) -> None:
        import numpy as np

        serializer = library.load().serializers.DictionarySerializer()
        serializer.save(trainer)
        arrays: dict[str, Any] = {**serializer.target, _ABOUT: np.asarray(self._about)}
        with path.open("wb") as file:
            np.savez(file, **arrays)

    def _fits(self, path: Path) -> None:
        import numpy as np

        with np.load(path, allow_pickle=False) as archive:
            about = str(archive[_ABOUT])
        if about != self._about:
            raise ValueError(f"it is of {about}; this job is of {self._about}")
