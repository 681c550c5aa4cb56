"""A tree laid over /opt/ml, for one program and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from byoml.local import mount

_needs_namespaces = pytest.mark.skipif(
    not mount.allowed(),
    reason="this system lets us make no mount namespace (a container without the right, or not Linux)",
)


def _run(tree: Path, *program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(mount.command(tree, program), capture_output=True, text=True, timeout=30, check=False)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@_needs_namespaces
def test_the_program_finds_the_tree_and_writes_into_it(tmp_path: Path) -> None:
    """/opt/ml is the tree itself and no copy."""
    (tmp_path / "given").write_text("hello")
    done = _run(tmp_path, "sh", "-c", "cat /opt/ml/given; echo made > /opt/ml/new; pwd")
    assert (done.returncode, done.stdout) == (0, "hello/opt/ml\n")
    assert (tmp_path / "new").read_text() == "made\n"


@_needs_namespaces
def test_nothing_is_seen_or_left_outside(tmp_path: Path) -> None:
    """/opt outside is the same before and after, whether or not it has an ml."""
    before = _names(Path("/opt"))
    inside = _run(tmp_path, "ls", "-A", "/opt")
    assert sorted(inside.stdout.split()) == sorted({*before, "ml"})
    assert _names(Path("/opt")) == before


@_needs_namespaces
def test_the_program_runs_as_the_user_who_started_it(tmp_path: Path) -> None:
    """What it writes belongs to the user, not to a root of some namespace."""
    assert _run(tmp_path, "id", "-u").stdout.strip() == str(os.getuid())
    _run(tmp_path, "touch", "/opt/ml/mine")
    assert (tmp_path / "mine").stat().st_uid == os.getuid()


@_needs_namespaces
def test_the_process_becomes_the_program(tmp_path: Path) -> None:
    """Its exit code is the program's, and signals need no forwarding."""
    assert _run(tmp_path, "sh", "-c", "exit 7").returncode == 7
    waiting = mount.command(tmp_path, ("sh", "-c", "echo $$; read line"))
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert int(process.stdout.readline()) == process.pid
        process.terminate()
        assert process.wait(30) == -15


@_needs_namespaces
def test_a_tree_and_a_program_under_opt_are_still_found(tmp_path: Path) -> None:
    """All that /opt held stays reachable inside: many Pythons are installed there."""
    held = [path for path in Path("/opt").iterdir() if path.is_dir() and path.name != "ml" and os.access(path, os.R_OK)]
    if not held:
        pytest.skip("/opt holds no folder here")
    listing = "import os, sys; print(sorted(os.listdir(sys.argv[1])))"
    inside = _run(tmp_path, sys.executable, "-c", listing, str(held[0]))
    assert inside.stdout.strip() == str(_names(held[0]))


def test_a_program_that_is_not_there_is_said_on_stderr(tmp_path: Path) -> None:
    """Whether or not mounting is allowed, the one line tells what could not be run, and why."""
    done = _run(tmp_path, "no-such-program")
    assert done.returncode == 125
    assert "cannot run no-such-program" in done.stderr


def test_wrong_arguments_are_a_usage_error() -> None:
    """The module may be run by hand."""
    done = subprocess.run(
        [sys.executable, "-m", "byoml.local.mount", "tree"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m byoml.local.mount TREE -- PROGRAM")
