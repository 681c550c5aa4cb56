"""Packages that one model of many needs."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pluggy
import pytest
from byoml.errors import InstallError
from byoml.serving.model_packages import ModelPackages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def packages() -> Iterator[ModelPackages]:
    packages = ModelPackages({"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull})
    yield packages
    packages.remove()


def _code(folder: Path, requirements: str, *wheels: tuple[str, str]) -> Path:
    """Write a code folder with distributions of one module each, made by hand: building them would need the network."""
    (folder / "wheels").mkdir(parents=True)
    (folder / "requirements.txt").write_text(requirements)
    for name, version in wheels:
        info = f"{name}-{version}.dist-info"
        with ZipFile(folder / "wheels" / f"{name}-{version}-py3-none-any.whl", "w") as archive:
            archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
    return folder


def test_the_same_requirements_are_installed_once_others_apart(packages: ModelPackages, tmp_path: Path) -> None:
    """A model that comes back is quick to load (M-7), and two that differ never share (contract/inference M-9)."""
    first = packages.install(_code(tmp_path / "a", "own_one\n", ("own_one", "1")))
    assert first is not None
    assert (first / "own_one.py").read_text() == "VERSION = '1'\n"
    again = packages.install(_code(tmp_path / "b", "own_one\n", ("own_one", "1")))
    other = packages.install(_code(tmp_path / "c", "own_one\n", ("own_one", "2")))
    assert again == first
    assert other is not None
    assert (other / "own_one.py").read_text() == "VERSION = '2'\n"
    assert (first / "own_one.py").read_text() == "VERSION = '1'\n"
    packages.remove()
    assert not first.exists()


def test_code_that_asks_for_nothing_gets_nothing(packages: ModelPackages, tmp_path: Path) -> None:
    """No pip is started, as most models have no requirements of their own."""
    assert packages.install(tmp_path) is None


def test_another_version_of_what_the_container_has_is_warned_of(
    packages: ModelPackages, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process holds one of them: the container's, and the log names both."""
    monkeypatch.setattr(logging.getLogger("byoml"), "propagate", True)
    packages.install(_code(tmp_path, "pluggy==0.0.1\n", ("pluggy", "0.0.1")))
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert f"asks for pluggy 0.0.1; it gets the container's {pluggy.__version__}" in warning


def test_what_cannot_be_installed_is_an_error(packages: ModelPackages, tmp_path: Path) -> None:
    """And so the load fails, not some later import."""
    with pytest.raises(InstallError):
        packages.install(_code(tmp_path, "own_one==3\n", ("own_one", "1")))
