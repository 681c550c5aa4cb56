"""Print the Pythons that pyenv keeps and PATH hides, joined as tox's TOX_DISCOVER wants them.

pyenv puts a shim for every version on PATH, and the shim of a version that is not active fails.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

VERSIONS = ("3.10", "3.11", "3.12", "3.13")


def main() -> None:
    """Print one interpreter per minor version, the newest patch of each; nothing without pyenv."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [newest for version in VERSIONS if (newest := _newest(root, version))]
    sys.stdout.write(os.pathsep.join(str(path) for path in found))


def _newest(root: Path, version: str) -> Path | None:
    """The pattern leaves out pre-releases and virtual environments: both have letters in their names."""
    pythons = (root / "versions").glob(f"{version}.*/bin/python{version}")
    plain = [path for path in pythons if _patch(path).isdigit()]
    return max(plain, key=lambda path: int(_patch(path)), default=None)


def _patch(python: Path) -> str:
    return python.parent.parent.name.rpartition(".")[2]


if __name__ == "__main__":
    main()
