"""An environment of its own for each test that installs a plugin: all that is installed here, and what it adds."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).resolve().parent.parent.parent
_SCRIPTS = ("byoml", "processing", "serve", "train")
# pip reads its options from variables too; `0` for this one means what --no-build-isolation says.
_PIP = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@dataclass(frozen=True)
class Environment:
    """A virtual environment on top of the running one.

    Args:
        programs: The folder of its programs.
    """

    programs: Path

    @classmethod
    def make(cls, folder: Path) -> Environment:
        venv.create(folder, with_pip=False, symlinks=True)
        site_packages = next(folder.glob("lib/python*/site-packages"))
        below = sysconfig.get_path("purelib")
        (site_packages / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n", encoding="utf-8")
        for name in _SCRIPTS:
            script = Path(sysconfig.get_path("scripts")) / name
            if script.is_file():
                _, _, body = script.read_text("utf-8").partition("\n")
                (folder / "bin" / name).write_text(f"#!{folder}/bin/python\n{body}", encoding="utf-8")
                (folder / "bin" / name).chmod(0o755)
        return cls(folder / "bin")

    @property
    def variables(self) -> Mapping[str, str]:
        """What a person's shell has, with this environment first on PATH."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BYOML_", "SAGEMAKER_"))}
        return {**kept, **_PIP, "PATH": os.pathsep.join([str(self.programs), os.environ.get("PATH", os.defpath)])}

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; its output is kept."""
        return subprocess.run(
            command, cwd=cwd, env=dict(self.variables), capture_output=True, text=True, check=False, timeout=300
        )


@pytest.fixture
def root() -> Path:
    """The repository."""
    return _ROOT


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A virtual environment that has all that is installed here."""
    return Environment.make(tmp_path / "environment")
