"""How a job ends, whatever goes wrong: its exit code and its failure file (contract/training 6.1 to 6.4)."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from blackbox import console_script
from isolation import isolated
from jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

_needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may mount, and become another user")


def _job(folder: Path, script: str, **files: str) -> Job:
    return Job(folder / "ml", {"code/train.py": script, **files})


@pytest.mark.parametrize("code", [0, 1, 2, 42, 254, 255])
def test_the_programs_own_code_is_the_jobs(tmp_path: Path, code: int) -> None:
    """Also where AWS's toolkit says 1, or takes the number for an error of its own."""
    ended = _job(tmp_path, f"raise SystemExit({code})").run()
    assert ended.exit_code == code
    assert (ended.failure is None) is (code == 0)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("hyperparameters.json", '{\n  "a": 1,\n  oops\n}', "line 3, column 3"),
        ("resourceconfig.json", '{"hosts": [}', "line 1, column 12"),
        ("inputdataconfig.json", "[1]", "found a list"),
    ],
)
def test_a_config_file_that_cannot_be_read_is_named_with_its_place(
    tmp_path: Path, name: str, text: str, place: str
) -> None:
    """And ends the job with 1, never with the number of an error of the system."""
    job = _job(tmp_path, "")
    (job.base / "input/config" / name).write_text(text)
    ended = job.run()
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith(f"UnreadableConfigFileError: {job.base}/input/config/{name}")
    assert place in ended.failure


@pytest.mark.parametrize("content", [None, ""], ids=["missing", "empty"])
def test_config_files_that_say_nothing_take_their_defaults(tmp_path: Path, content: str | None) -> None:
    """Each of the three, and all of them."""
    script = "import os; print(os.environ['SM_HPS'], os.environ['SM_HOSTS'], os.environ['SM_CHANNELS'])"
    job = _job(tmp_path, script, **{"input/data/train/x": ""})
    for name in ("hyperparameters.json", "resourceconfig.json", "inputdataconfig.json"):
        path = job.base / "input/config" / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content)
    ended = job.run()
    assert (ended.exit_code, ended.stdout) == (0, b'{} ["localhost"] ["train"]\n'), ended.stderr


_PLUGIN = """\
import shutil
from byoml.plugin import hookimpl
@hookimpl
def byoml_before_training(env, job):
    {raises}
"""


@pytest.mark.parametrize(
    ("raises", "line"),
    [
        ("raise OSError('no number')", "OSError: no number"),
        ("raise shutil.Error('no number either')", "Error: no number either"),
        ("raise TimeoutError", "TimeoutError: "),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
    ],
)
def test_no_error_around_the_program_is_ever_a_success(tmp_path: Path, raises: str, line: str) -> None:
    """Errors without a number, and a plugin that ends the process, made AWS's toolkit say 0."""
    site = tmp_path / "site"
    (site / "rude-1.0.dist-info").mkdir(parents=True)
    (site / "rude-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: rude\nVersion: 1.0\n")
    (site / "rude-1.0.dist-info/entry_points.txt").write_text("[byoml]\nrude = rude\n")
    (site / "rude.py").write_text(_PLUGIN.format(raises=raises))
    ended = _job(tmp_path, "").run(PYTHONPATH=str(site))
    assert ended.exit_code == 1, ended.stderr
    assert ended.failure is not None
    assert ended.failure.splitlines()[0].startswith(line.strip())


def test_a_copy_of_the_code_that_fails_is_no_success(tmp_path: Path) -> None:
    """A link to nothing in the submit directory is the error of shutil that has no number."""
    job = _job(tmp_path, "")
    (job.base / "input/data/src").mkdir()
    (job.base / "input/data/src/gone").symlink_to("nowhere")
    ended = job.run(SAGEMAKER_SUBMIT_DIRECTORY=str(job.base / "input/data/src"))
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("SourceError: ")


@_needs_root
@pytest.mark.parametrize("code", [0, 3])
def test_a_full_disk_does_not_change_how_the_job_ends(tmp_path: Path, code: int) -> None:
    """A real one, of 16 KiB, at the output folder: the code is the program's, failure file or not."""
    script = f"""\
import os
try:
    with open(os.environ["SM_OUTPUT_DIR"] + "/filler", "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
except OSError as error:
    print(error)
if {code}:
    raise SystemExit({code})
"""
    job = _job(tmp_path, script)
    prefix = isolated("--mount", setup=f"mount -t tmpfs -o size=16k none '{job.base}/output'")
    ended = job.run(command=[*prefix, console_script("train")])
    assert b"No space left on device" in ended.stdout
    assert ended.exit_code == code
    assert ("cannot be written" in ended.stderr) is (code != 0)


def test_a_full_disk_has_a_hint(tmp_path: Path) -> None:
    """Where the failure file is on another disk."""
    script = "import os\nwith open('/dev/full', 'wb', buffering=0) as file: file.write(b'x')\n"
    ended = _job(tmp_path, script).run()
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("OSError: [Errno 28] No space left on device\nhint: the disk is full")


@pytest.mark.parametrize("code", [0, 5])
def test_streams_that_take_nothing_do_not_change_how_the_job_ends(tmp_path: Path, code: int) -> None:
    """Neither a log on a full disk, nor a reader that has gone."""
    job = _job(tmp_path, f"import sys; sys.stderr.write('x' * 100000)\nraise SystemExit({code})")
    with open("/dev/full", "wb") as full:  # noqa: PTH123  it is no file of a tree
        done = subprocess.run([console_script("train")], env=job.variables(), stderr=full, timeout=50, check=False)
    assert done.returncode == code
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([console_script("train")], env=job.variables(), stderr=writing, timeout=50, check=False)
    os.close(writing)
    assert done.returncode == code


def _bound_by_modes(command: str) -> list[str]:
    """Run a command as a user who is bound by modes of files; root is not, unless it gives that right up."""
    if os.getuid() != 0:
        return [command]
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", command]


@pytest.mark.parametrize("code", [0, 5])
def test_an_output_folder_that_may_not_be_written_is_no_obstacle(tmp_path: Path, code: int) -> None:
    """The code stays the program's, and what could not be written is logged."""
    job = _job(tmp_path, f"raise SystemExit({code})")
    (job.base / "output/failure").write_text("of an earlier run")
    (job.base / "output/failure").chmod(0o444)
    (job.base / "output").chmod(0o555)
    ended = job.run(command=_bound_by_modes(console_script("train")))
    (job.base / "output").chmod(0o755)
    assert ended.exit_code == code, ended.stderr
    assert "output/failure cannot be removed" in ended.stderr
    assert "output/intermediate cannot be made" in ended.stderr


def test_a_job_runs_as_any_user(tmp_path: Path) -> None:
    """One that is not root, has no right of root's, and is in no list of users."""
    script = "import os; open(os.environ['SM_MODEL_DIR'] + '/who', 'w').write(str(os.getuid()))"
    job = _job(tmp_path, script)
    prefix = isolated("--user", "--map-user=12345") if os.getuid() == 0 else []
    ended = job.run(command=[*prefix, console_script("train")])
    assert ended.exit_code == 0, ended.stderr
    assert job.model("who") == ("12345" if prefix else str(os.getuid()))


def test_a_code_folder_that_may_not_be_made_is_named(tmp_path: Path) -> None:
    """With what to do."""
    job = _job(tmp_path, "")
    (job.base / "code/train.py").unlink()
    (job.base / "code").rmdir()
    job.base.chmod(0o555)
    ended = job.run(command=_bound_by_modes(console_script("train")))
    job.base.chmod(0o755)
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith(
        f"FolderUnwritableError: {job.base}/code is not there and cannot be made (Permission denied); make it when"
    )


def test_a_program_that_runs_out_of_its_memory_says_so_first(tmp_path: Path) -> None:
    """Python's own error, where a limit is set."""
    limit = 512 * 2**20
    setting = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
    script = f"{setting}x = bytearray({2 * limit})\n"
    ended = _job(tmp_path, script).run()
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.splitlines()[0] == "MemoryError"


@pytest.mark.parametrize(
    ("program", "first"),
    [
        ("train.py", "killed by SIGKILL"),
        ("run.sh", None),
    ],
)
def test_a_program_that_the_system_killed_is_137_with_a_hint(tmp_path: Path, program: str, first: str | None) -> None:
    """Killed itself, or a shell's child: the shell then ends by itself, with that code."""
    kills = "import os; os.kill(os.getpid(), 9)\n"
    job = _job(tmp_path, kills, **{"code/run.sh": "python3 train.py\nexit $?\n"})
    ended = job.run(SAGEMAKER_PROGRAM=program)
    assert ended.exit_code == 137
    assert ended.failure is not None
    assert first is None or ended.failure.splitlines()[0] == first
    assert "hint: SIGKILL from outside most often means that memory ran out" in ended.failure


@pytest.mark.parametrize("text", ["mine", "é" * 2000])
def test_a_failure_file_of_the_programs_stays_as_it_is(tmp_path: Path, text: str) -> None:
    """To the byte, and however long."""
    script = f"open(__import__('os').environ['SM_OUTPUT_FAILURE'], 'w').write({text!r})\nraise ValueError('other')\n"
    ended = _job(tmp_path, script).run(PYTHONUTF8="1")
    assert (ended.exit_code, ended.failure) == (1, text)


def test_an_empty_failure_file_of_the_programs_is_filled(tmp_path: Path) -> None:
    """It says nothing yet."""
    script = "open(__import__('os').environ['SM_OUTPUT_FAILURE'], 'w').close()\nraise ValueError('other')\n"
    ended = _job(tmp_path, script).run()
    assert ended.failure is not None
    assert ended.failure.startswith("ValueError: other\n")


def test_bytes_that_are_no_text_and_bars_pass_and_do_not_spoil_the_failure_file(tmp_path: Path) -> None:
    """It is UTF-8 whatever the program writes; the streams get every byte."""
    script = r"""
import os
os.write(1, b"\r 50%\r100%\n\xff\x00")
os.write(2, b"\r 1/2\r 2/2\xfe\xff no text\n")
raise ValueError("\udcff \u00e9 at the end")
"""
    ended = _job(tmp_path, script).run()
    assert ended.stdout == b"\r 50%\r100%\n\xff\x00"
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.splitlines()[0] == r"ValueError: \udcff é at the end"


def test_a_huge_stderr_without_any_newline_passes_and_leaves_a_short_report(tmp_path: Path) -> None:
    """No line of it is ever held in memory whole."""
    script = "import os\nfor _ in range(320): os.write(2, b'x' * 65536)\nraise SystemExit(4)\n"
    job = _job(tmp_path, script)
    ended = job.run()
    assert ended.exit_code == 4
    assert ended.stderr.count("x") >= 320 * 65536
    assert ended.failure is not None
    assert len(ended.failure.encode()) <= 1024


def test_a_grandchild_that_holds_the_pipe_does_not_hold_up_the_job(tmp_path: Path) -> None:
    """It outlives the program in a session of its own, and keeps stderr open."""
    script = """\
import os, pathlib, subprocess
held = subprocess.Popen(["sleep", "60"], start_new_session=True, stdout=subprocess.DEVNULL)
pathlib.Path(os.environ["SM_MODEL_DIR"], "pid").write_text(str(held.pid))
raise SystemExit(6)
"""
    job = _job(tmp_path, script)
    ended = job.run()
    try:
        assert ended.exit_code == 6
    finally:
        os.kill(int(job.model("pid")), 9)


def test_an_argument_with_a_secret_is_not_in_the_failure_file(tmp_path: Path) -> None:
    """Which the platform shows to all who may see the job."""
    job = Job(tmp_path / "ml", {"code/train.py": "raise SystemExit(3)"}, {"api_token": json.dumps("hidden-word")})
    ended = job.run()
    assert ended.exit_code == 3
    assert ended.failure is not None
    assert "hidden-word" not in ended.failure + ended.stderr
