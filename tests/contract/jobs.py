"""Whole training jobs: a tree in a folder, and the real `train` in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from blackbox import console_script, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Ended", "Job", "own_python"]

_SECONDS = 50


class Ended(NamedTuple):
    """How a job ended."""

    exit_code: int
    stdout: bytes
    stderr: str
    failure: str | None


class Job:
    """A tree for one job.

    Args:
        base: Its root.
        files: Contents by path below the root; executable where they begin with `#!`.
        hyperparameters: Raw, as the platform has them.
        config: Other config files, by name.
    """

    def __init__(
        self,
        base: Path,
        files: Mapping[str, str | bytes],
        hyperparameters: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.base = base
        for folder in ("input/config", "input/data", "model", "output/data", "code"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        for name, value in {"hyperparameters.json": hyperparameters or {}, **(config or {})}.items():
            (base / "input/config" / name).write_text(json.dumps(value))
        for name, content in files.items():
            path = base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            if path.read_bytes().startswith(b"#!"):
                path.chmod(0o755)

    def variables(self, **more: str) -> dict[str, str]:
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        return environment(self.base, {"BYOML_FRAMEWORK": "none", **measured, **more})

    @contextmanager
    def started(self, *, command: Sequence[str] = (), **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start `train`; it is killed at the end of the block if it still runs.

        Args:
            command: What is run instead of the console script.
            variables: Of the job; they win.
        """
        with subprocess.Popen(
            list(command) or [console_script("train")],
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.base,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def ended(self, process: subprocess.Popen[bytes], seconds: float = _SECONDS) -> Ended:
        """Wait for the end."""
        stdout, stderr = process.communicate(timeout=seconds)
        return Ended(process.returncode, stdout, stderr.decode("utf-8", "replace"), self.failure)

    def run(self, *, command: Sequence[str] = (), **variables: str) -> Ended:
        """Start `train` and wait for its end."""
        with self.started(command=command, **variables) as process:
            return self.ended(process)

    @property
    def failure(self) -> str | None:
        path = self.base / "output/failure"
        return path.read_bytes().decode("utf-8") if path.is_file() else None

    def model(self, name: str) -> str:
        return (self.base / "model" / name).read_text("utf-8")


def own_python(folder: Path) -> str:
    """Make a virtual environment that may be installed into, and sees all that this Python sees.

    Args:
        folder: Where it goes.

    Returns:
        Its interpreter.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # more than the folder of packages: what is installed for development lies elsewhere
    standard = Path(sysconfig.get_path("stdlib"))
    seen = [path for path in sys.path if Path(path).is_dir() and Path(path) not in {standard, standard / "lib-dynload"}]
    (site / "outer.pth").write_text("".join(f"{path}\n" for path in seen))
    return str(folder / "bin/python")
