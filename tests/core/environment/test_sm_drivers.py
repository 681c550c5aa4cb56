"""SDK v3's wish for a launcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.environment.paths import ContainerPaths
from byoml.environment.sm_drivers import DriverFiles
from byoml.errors import UnreadableConfigFileError

if TYPE_CHECKING:
    from pathlib import Path


def _read(base: Path, text: str | None) -> DriverFiles:
    folder = base / "input/data/sm_drivers"
    folder.mkdir(parents=True)
    if text is not None:
        (folder / "distributed.json").write_text(text)
    return DriverFiles.read(ContainerPaths(base))


@pytest.mark.parametrize(
    ("text", "torchrun", "mpi"),
    [
        (None, False, False),
        ("{}", False, False),
        ('{"process_count_per_node": 2, "smp": null}', True, False),
        ('{"process_count_per_node": 2, "mpi_additional_options": null}', False, True),
    ],
)
def test_the_key_says_the_launcher(tmp_path: Path, text: str | None, *, torchrun: bool, mpi: bool) -> None:
    """No class is named in the file; a key counts whatever its value is."""
    files = _read(tmp_path, text)
    assert (files.uses_torchrun, files.uses_mpi) == (torchrun, mpi)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """With line and column."""
    with pytest.raises(UnreadableConfigFileError, match=r"distributed.json, line 1, column 2"):
        _read(tmp_path, "{")
