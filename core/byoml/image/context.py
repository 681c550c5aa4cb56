"""The folder that Docker builds from: the user's code, the Dockerfile, and wheels that no index has."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.image.errors import NoWheelsError
from byoml.image.plan import WHEELS
from byoml.source.entry_point import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["build_context"]

DOCKERFILE = "Dockerfile"
CA_FILE = "ca.crt"


@contextmanager
def build_context(
    source: Path | None, dockerfile: str, wheels: Path | None = None, ca_file: Path | None = None
) -> Iterator[Path]:
    """Lay out a build context, which is removed at the end.

    Args:
        source: The user's code, None for an image without.
        dockerfile: The Dockerfile's text.
        wheels: A folder whose wheels pip takes before those of an index.
        ca_file: Certificates that pip trusts while it builds the image.

    Yields:
        The folder.

    Raises:
        NoWheelsError: The folder of wheels has none.
    """
    with tempfile.TemporaryDirectory(prefix="byoml-image-") as folder:
        context = Path(folder) / "context"
        if source is None:
            context.mkdir()
        else:
            ignore = shutil.ignore_patterns(*LEFT_OUT)
            shutil.copytree(source, context, ignore=ignore, ignore_dangling_symlinks=True)
        _lay_wheels(context / WHEELS, wheels, ca_file)
        (context / DOCKERFILE).write_text(dockerfile, encoding="utf-8")
        yield context


def _lay_wheels(target: Path, wheels: Path | None, ca_file: Path | None) -> None:
    if wheels is not None:
        found = sorted(wheels.glob("*.whl"))
        if not found:
            raise NoWheelsError(wheels, (path.name for path in wheels.iterdir()))
        target.mkdir(exist_ok=True)
        for path in found:
            shutil.copy(path, target)
    if ca_file is not None:
        target.mkdir(exist_ok=True)
        shutil.copy(ca_file, target / CA_FILE)
