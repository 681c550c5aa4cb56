"""The fixtures of these tests are shared with those of the SDK; and somebody who does what a page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from built_images import base, build, context, docker, tree, xgboost
from console_pages import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["base", "build", "context", "docker", "read", "tree", "xgboost"]


class _Shell:
    """A shell with the programs of this Python first on PATH."""

    variables: Mapping[str, str] = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=cwd, env=self.variables, capture_output=True, text=True, check=False, timeout=600
        )


@pytest.fixture
def read() -> Iterator[Callable[[Path, Path, Mapping[str, str]], None]]:
    """Do what a page says in a folder, with some of its words changed."""
    readers = []

    def follow(page: Path, folder: Path, words: Mapping[str, str]) -> None:
        readers.append(Reader(_Shell(), folder, words))
        readers[-1].follow(page)

    yield follow
    for reader in readers:
        reader.stop()
