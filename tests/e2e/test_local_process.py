"""`byoml local process`: whole jobs, as a person runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from blackbox import console_script, wait_until
from byoml.local import mount

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 50

_COPIES = """\
import os, pathlib, shutil, sys
raw, clean = (pathlib.Path(os.environ[f"SM_PROCESSING_{name}"]) for name in ("INPUT_RAW", "OUTPUT_CLEAN"))
for file in raw.iterdir():
    shutil.copy(file, clean / os.environ["NAME"].replace("HOST", os.environ["SM_CURRENT_HOST"]))
print(sys.argv[1:])
"""


def _run(folder: Path, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [console_script("byoml"), "local", "process", *args],
        cwd=folder,
        env=_environ(**variables),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def _environ(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "BYOML_FRAMEWORK": "none",
        **kept,
        **variables,
    }


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_a_script_writes_is_in_the_folder_that_was_named(tmp_path: Path) -> None:
    """Its arguments come untouched, its stdout passes, and what lay in the folder before stays."""
    _write(tmp_path, **{"clean.py": _COPIES, "raw__a": "1,2", "out__mine": "mine"})
    done = _run(tmp_path, "clean.py", "--input", "raw=raw", "--output", "clean=out", "--", "--rows", "1 0", NAME="b")
    assert (done.returncode, done.stdout) == (0, "['--rows', '1 0']\n"), done.stderr
    assert _files(tmp_path / "out") == {"b": "1,2", "mine": "mine"}


def test_hosts_are_merged(tmp_path: Path) -> None:
    """Each has its own tree, and knows who it is."""
    _write(tmp_path, **{"src__processing.py": _COPIES, "raw__a": "1"})
    given = ("--source", "src", "--input", "raw=raw", "--output", "clean=out", "--hosts", "2")
    assert _run(tmp_path, *given, NAME="HOST").returncode == 0
    assert _files(tmp_path / "out") == {"127.0.0.1": "1", "127.0.0.2": "1"}


def test_hosts_that_write_different_files_of_one_name_are_an_error_that_loses_nothing(tmp_path: Path) -> None:
    """The error says where each host's files are."""
    script = "import os; open(os.environ['SM_PROCESSING_OUTPUT_X'] + '/w', 'w').write(os.environ['SM_CURRENT_HOST'])"
    _write(tmp_path, **{"x.py": script})
    done = _run(tmp_path, "x.py", "--output", "x=out", "--hosts", "2")
    assert done.returncode == 1
    assert "w (hosts 127.0.0.1, 127.0.0.2) differ" in done.stderr
    assert "out/<host>" in done.stderr
    assert _files(tmp_path / "out") == {f"127.0.0.{number}/w": f"127.0.0.{number}" for number in (1, 2)}


def test_a_script_that_raises_ends_the_command_as_it_ended_itself(tmp_path: Path) -> None:
    """The message is printed; what was written before it failed is kept, as a failed job's outputs may explain it."""
    script = "import os; open(os.environ['SM_PROCESSING_OUTPUT_X'] + '/part', 'w').close(); raise KeyError('age')"
    _write(tmp_path, **{"x.py": script})
    done = _run(tmp_path, "x.py", "--output", "x=out")
    assert done.returncode == 1
    assert "byoml: the job ended with exit code 1\nKeyError: 'age'\n" in done.stderr
    assert _files(tmp_path / "out") == {"part": ""}


def test_a_message_of_a_good_job_is_shown(tmp_path: Path) -> None:
    """And an output that nobody named is, as the platform would drop it too."""
    script = """\
import os, pathlib
base = pathlib.Path(os.environ["SM_PROCESSING_MESSAGE"])
base.write_text("3 rows dropped")
(base.parents[1] / "processing/output/extra").mkdir()
"""
    _write(tmp_path, **{"x.py": script})
    done = _run(tmp_path, "x.py")
    assert (done.returncode, done.stdout) == (0, "")
    assert "3 rows dropped\nbyoml: processing/output/extra is dropped: no --output extra=DIR names it\n" in done.stderr


def test_an_archive_as_the_input_code_is_unpacked_in_the_tree_alone(tmp_path: Path) -> None:
    """As FrameworkProcessor sends it."""
    _write(tmp_path, **{"src__x.py": "import helper", "src__helper.py": "print('helped')"})
    (tmp_path / "code").mkdir()
    with tarfile.open(tmp_path / "code/sourcedir.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "src", ".")
    done = _run(tmp_path, "x.py", "--input", "code=code")
    assert (done.returncode, done.stdout) == (0, "helped\n"), done.stderr
    assert [path.name for path in (tmp_path / "code").iterdir()] == ["sourcedir.tar.gz"]


@pytest.mark.skipif(not mount.allowed(), reason="this system lets us make no mount namespace")
def test_a_script_that_spells_the_platforms_paths_works_unchanged(tmp_path: Path) -> None:
    """The tree is at /opt/ml, for the job alone."""
    script = "open('/opt/ml/processing/output/x/w', 'w').write(open('/opt/ml/processing/input/raw/a').read())"
    _write(tmp_path, **{"x.py": script, "raw__a": "1"})
    done = _run(tmp_path, "x.py", "--input", "raw=raw", "--output", "x=out")
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "out") == {"w": "1"}


def test_without_the_mount_the_variables_lead_to_the_tree(tmp_path: Path) -> None:
    """And the lines that will not find it are named, in the user's own files."""
    _write(tmp_path, **{"src__x.py": _COPIES + "# /opt/ml\n", "raw__a": "1"})
    given = ("x.py", "--source", "src", "--input", "raw=raw", "--output", "clean=out")
    done = _run(tmp_path, *given, NAME="b", BYOML_LOCAL_MOUNT="never")
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "out") == {"b": "1"}
    assert "src/x.py:6" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_reaches_the_script(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C lets it end cleanly, and what it writes then is kept."""
    script = """\
import os, pathlib, signal, sys
def stop(number, _):
    pathlib.Path(os.environ["SM_PROCESSING_OUTPUT_X"], signal.Signals(number).name).touch()
    sys.exit(7)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, stop)
pathlib.Path(os.environ["READY"]).touch()
while True:
    signal.pause()
"""
    _write(tmp_path, **{"x.py": script})
    command = [console_script("byoml"), "local", "process", "x.py", "--output", "x=out"]
    env = _environ(READY=str(tmp_path / "ready"))
    with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.DEVNULL) as process:
        assert wait_until((tmp_path / "ready").exists, _SECONDS)
        process.send_signal(number)
        assert process.wait(_SECONDS) == 7
    assert _files(tmp_path / "out") == {number.name: ""}


def test_what_is_not_possible_is_a_usage_error(tmp_path: Path) -> None:
    """It names the option, and nothing is written."""
    done = _run(tmp_path, "gone.py", "--output", "x=out")
    assert done.returncode == 2
    assert "SCRIPT is 'gone.py'" in done.stderr
    assert list(tmp_path.iterdir()) == []
