"""Packages that one model of many needs: in a folder of their own, which only that model's imports look into."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from byoml.child import Stopper
from byoml.source.install import install_requirements
from byoml.source.marker import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ModelPackages"]

_log = logging.getLogger("byoml.serving")
_ASKING = ("requirements.txt", "pyproject.toml")


class ModelPackages:
    """The folders of all models; they stay while the server runs, as a model that comes back needs the same again.

    Models that ask for the very same share one folder.

    Args:
        environ: pip's environment.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._root: Path | None = None
        self._making = Lock()

    def install(self, code_dir: Path) -> Path | None:
        """Install what a model's code asks for; what is there already stays.

        Args:
            code_dir: The model's code folder.

        Returns:
            The folder with the packages; None where the code asks for nothing.

        Raises:
            InstallError: pip fails.
            PipMissingError: There is no pip.
        """
        asking = [code_dir / name for name in _ASKING if (code_dir / name).is_file()]
        if not asking:
            return None
        settled = key_of(asking[0], self._environ) if [path.name for path in asking] == [_ASKING[0]] else None
        told_apart_by = (settled or str(code_dir), *sorted(path.name for path in (code_dir / "wheels").glob("*.whl")))
        folder = self._folder() / hashlib.sha256("\0".join(told_apart_by).encode()).hexdigest()[:32]
        folder.mkdir(exist_ok=True)
        install_requirements(code_dir, self._variables(folder, anew=settled is None), Stopper())
        _warn_of_others(code_dir, folder)
        return folder

    def remove(self) -> None:
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def _folder(self) -> Path:
        with self._making:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="byoml-packages-"))
            return self._root

    def _variables(self, folder: Path, *, anew: bool) -> dict[str, str]:
        """Only pip knows how to install into a folder; what may have changed since is replaced."""
        tool = "none" if self._environ.get("BYOML_INSTALLER") == "none" else "pip"
        replaced = {"PIP_UPGRADE": "1"} if anew else {}
        return {**self._environ, **replaced, "PIP_TARGET": str(folder), "BYOML_INSTALLER": tool}


def _warn_of_others(code_dir: Path, folder: Path) -> None:
    """Name packages that this process has in another version: a process can hold only one of them."""
    for each in distributions(path=[str(folder)]):
        try:
            ours = version(each.name)
        except PackageNotFoundError:
            continue
        if ours != each.version:
            _log.warning("%s asks for %s %s; it gets the container's %s", code_dir, each.name, each.version, ours)
