"""Throw-away distributions: real ones, with metadata that Python itself finds."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Whatever else is installed beside core is left out of these tests.
_OTHERS = "sklearn,xgboost,tensorflow,torch,chainer"


class Site(NamedTuple):
    """A folder on the path of another Python, with distributions in it."""

    folder: Path

    def add(self, plugin: str, source: str) -> None:
        """Install a distribution `dist-<plugin>` with one module, registered as a plugin of byoml."""
        info = self.folder / f"dist_{plugin}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dist-{plugin}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[byoml]\n{plugin} = module_{plugin}\n")
        (self.folder / f"module_{plugin}.py").write_text(f"from byoml.plugin import Framework, hookimpl\n{source}")

    def run(self, code: str, disabled: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run code in a Python that finds these distributions."""
        variables = {
            "PATH": os.defpath,
            "PYTHONPATH": str(self.folder),
            "BYOML_DISABLED_PLUGINS": f"{_OTHERS}, {disabled}",
            **environ,
        }
        argv = [sys.executable, "-c", f"import os\nfrom byoml.plugin.manager import *\n{code}"]
        return subprocess.run(argv, env=variables, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty folder for distributions."""
    return Site(tmp_path)


@pytest.fixture
def framework_source() -> Callable[[str], str]:
    """Makes a plugin's source that registers a framework of a name."""

    def source(name: str) -> str:
        return (
            f"class Mine(Framework):\n    name = {name!r}\n"
            "@hookimpl\ndef byoml_register_framework():\n    return Mine()\n"
        )

    return source
