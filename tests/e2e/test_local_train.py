"""`byoml local train`: whole jobs, as a person runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from blackbox import console_script, wait_until
from byoml.local import mount
from byoml.source.fetch import unpack

_SECONDS = 50

_FAILS = """\
import sys
print("loss 0.5", flush=True)
def step():
    raise ValueError("eta must be positive")
step()
"""
_WAITS_FOR_SIGTERM = """\
import os, pathlib, signal, sys
def stop(*_):
    pathlib.Path(os.environ["SAW"]).write_text("SIGTERM")
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
pathlib.Path(os.environ["READY"]).touch()
while True:
    signal.pause()
"""
_EACH_HOST_WRITES = """\
import os, pathlib
host, model = os.environ["SM_CURRENT_HOST"], pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / os.environ["NAME"].replace("HOST", host)).write_text(host + " of " + os.environ["SM_HOSTS"])
print("done")
"""
# The second host waits for ever; the first fails once it does.
_FIRST_HOST_FAILS = """\
import os, pathlib, signal, time
ready = pathlib.Path(os.environ["READY"])
if os.environ["SM_HOST_RANK"] == "1":
    ready.touch()
    signal.pause()
while not ready.exists():
    time.sleep(0.01)
raise KeyError("no such column")
"""


# The first host ends at once when it is told to; the second needs until after that, and must not be told twice.
_SAVES_SLOWLY = """\
import os, pathlib, signal, sys, time
folder, rank = pathlib.Path(os.environ["FOLDER"]), os.environ["SM_HOST_RANK"]
def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
def stop(*_):
    if rank == "0":
        sys.exit(7)
    while not gone(int((folder / "0").read_text())):
        time.sleep(0.01)
    time.sleep(0.3)  # what would cut us short comes now
    pathlib.Path(os.environ["SM_MODEL_DIR"], "saved").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(folder / ".part").with_suffix("." + rank).write_text(str(os.getppid()))
(folder / ".part").with_suffix("." + rank).rename(folder / rank)
while True:
    signal.pause()
"""


def _environ(**variables: str) -> dict[str, str]:
    """A small environment, and what measures coverage in it."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8", **kept, **variables}


def _command(folder: Path, script: str, *args: str) -> list[str]:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src/train.py").write_text(script)
    given = ("--framework", "none", "--source", str(folder / "src"), "--output", str(folder / "out"))
    return [console_script("byoml"), "local", "train", *given, *args]


def _train(folder: Path, script: str, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = _command(folder, script, *args)
    return subprocess.run(
        command, env=_environ(**variables), capture_output=True, text=True, timeout=_SECONDS, check=False
    )


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_job_leaves_its_model_its_output_and_its_logs(tmp_path: Path) -> None:
    """The folder gets model/, model.tar.gz, output/ and logs/<host>.log, and nothing else."""
    script = """\
import os, pathlib, sys
train = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
pathlib.Path(os.environ["SM_MODEL_DIR"], "w").write_text((train / "a.csv").read_text())
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report").write_text("good")
print(sys.argv[1:])
"""
    (tmp_path / "a.csv").write_text("1,2")
    done = _train(tmp_path, script, "--channel", f"train={tmp_path / 'a.csv'}", "--hp", "lr=0.1", "--hp", "name=a=b")
    assert (done.returncode, done.stdout) == (0, "['--lr', '0.1', '--name', 'a=b']\n"), done.stderr
    assert _files(tmp_path / "out") == {"model/w", "model.tar.gz", "output/data/report", "logs/127.0.0.1.log"}
    unpack(tmp_path / "out/model.tar.gz", tmp_path / "again")
    assert (tmp_path / "again/w").read_text() == "1,2"
    assert done.stdout in (tmp_path / "out/logs/127.0.0.1.log").read_text()


def test_the_same_job_again_gives_the_same_artifact(tmp_path: Path) -> None:
    """The second run replaces the first one's results, byte by byte alike."""
    artifacts = []
    for _ in range(2):
        assert _train(tmp_path, _EACH_HOST_WRITES, NAME="w").returncode == 0
        artifacts.append((tmp_path / "out/model.tar.gz").read_bytes())
    assert artifacts[0] == artifacts[1]


def test_a_script_that_raises_ends_the_command_as_it_ended_itself(tmp_path: Path) -> None:
    """The exception line is printed, the exit code passed on, and output/failure starts with that line."""
    done = _train(tmp_path, _FAILS)
    assert (done.returncode, done.stdout) == (1, "loss 0.5\n")
    failure = (tmp_path / "out/output/failure").read_text()
    assert failure.splitlines()[0] == "ValueError: eta must be positive"
    assert failure.rstrip() in done.stderr
    assert not (tmp_path / "out/model.tar.gz").exists()


@pytest.mark.parametrize(("end", "code"), [("sys.exit(42)", 42), ("os.kill(os.getpid(), 9)", 137)])
def test_the_scripts_exit_code_is_the_commands(tmp_path: Path, end: str, code: int) -> None:
    """Any code from 1 to 255; 128+n for signal n."""
    assert _train(tmp_path, f"import os, sys\n{end}\n").returncode == code


def test_output_passes_live_and_untouched(tmp_path: Path) -> None:
    """A line can be read while the script still runs, and bytes that are no text arrive as they are."""
    script = f"""\
import os, sys
print("first")
open({str(tmp_path / "gate")!r}).read()
os.write(1, b"\\xff\\x00 50%\\rno newline")
"""
    os.mkfifo(tmp_path / "gate")
    command = _command(tmp_path, script)
    with subprocess.Popen(command, env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        assert process.stdout.readline() == b"first\n"
        (tmp_path / "gate").write_text("")
        assert process.stdout.read() == b"\xff\x00 50%\rno newline"
        assert process.wait(_SECONDS) == 0
    assert b"\xff\x00 50%\rno newline" in (tmp_path / "out/logs/127.0.0.1.log").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_reaches_the_script(tmp_path: Path, number: signal.Signals) -> None:
    """It gets its time to save; its exit code is the command's, and no failure is reported."""
    variables = _environ(READY=str(tmp_path / "ready"), SAW=str(tmp_path / "saw"))
    with subprocess.Popen(
        _command(tmp_path, _WAITS_FOR_SIGTERM.replace("signal.SIGTERM", f"signal.{number.name}")),
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert wait_until((tmp_path / "ready").exists, _SECONDS)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=_SECONDS)
    assert process.returncode == 7, stderr
    assert (tmp_path / "saw").read_text() == "SIGTERM"
    assert not (tmp_path / "out/output/failure").exists()


def test_a_stop_lets_every_host_save(tmp_path: Path) -> None:
    """A host that ends first, with an error even, does not cost the others their time."""
    command = _command(tmp_path, _SAVES_SLOWLY, "--hosts", "2")
    with subprocess.Popen(command, env=_environ(FOLDER=str(tmp_path)), stderr=subprocess.PIPE) as process:
        assert wait_until(lambda: (tmp_path / "0").exists() and (tmp_path / "1").exists(), _SECONDS)
        process.terminate()
        _, stderr = process.communicate(timeout=_SECONDS)
    assert process.returncode == 7, stderr
    assert (tmp_path / "out/model/saved").exists()


def test_hosts_run_side_by_side_and_their_models_are_merged(tmp_path: Path) -> None:
    """Each has its own tree and name, knows all others, and is named before each of its lines."""
    done = _train(tmp_path, _EACH_HOST_WRITES, "--hosts", "2", NAME="w-HOST")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["[127.0.0.1] done", "[127.0.0.2] done"]
    unpack(tmp_path / "out/model.tar.gz", tmp_path / "again")
    for folder in (tmp_path / "out/model", tmp_path / "again"):
        assert {path.name: path.read_text() for path in folder.iterdir()} == {
            f"w-{host}": f'{host} of ["127.0.0.1","127.0.0.2"]' for host in ("127.0.0.1", "127.0.0.2")
        }
    assert {"logs/127.0.0.1.log", "logs/127.0.0.2.log"} <= _files(tmp_path / "out")


def test_one_name_written_differently_by_two_hosts_is_an_error(tmp_path: Path) -> None:
    """It names the file and the hosts, and keeps what each of them wrote."""
    done = _train(tmp_path, _EACH_HOST_WRITES, "--hosts", "2", NAME="w")
    assert done.returncode == 1
    assert "w (hosts 127.0.0.1, 127.0.0.2)" in done.stderr
    assert {"model/127.0.0.1/w", "model/127.0.0.2/w"} <= _files(tmp_path / "out")
    assert not (tmp_path / "out/model.tar.gz").exists()


def test_one_failing_host_stops_the_others(tmp_path: Path) -> None:
    """The command ends although the second host would wait for ever; the first one's failure is the reason."""
    done = _train(tmp_path, _FIRST_HOST_FAILS, "--hosts", "2", READY=str(tmp_path / "ready"))
    assert done.returncode == 1
    assert (tmp_path / "out/output/failure").read_text().splitlines()[0] == "KeyError: 'no such column'"


@pytest.mark.skipif(not mount.allowed(), reason="this system lets us make no mount namespace")
def test_a_script_that_spells_opt_ml_works_unchanged(tmp_path: Path) -> None:
    """Its tree is really there, for itself alone."""
    script = """\
import os
open("/opt/ml/model/w", "w").write(open("/opt/ml/input/data/train/a.csv").read() + os.environ["SM_MODEL_DIR"])
"""
    (tmp_path / "a.csv").write_text("1 ")
    there = Path("/opt/ml").exists()
    done = _train(tmp_path, script, "--channel", f"train={tmp_path / 'a.csv'}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/model/w").read_text() == "1 /opt/ml/model"
    assert Path("/opt/ml").exists() == there


def test_without_a_mount_the_lines_that_spell_opt_ml_are_named(tmp_path: Path) -> None:
    """The job runs all the same, and finds its tree by the variables."""
    script = "import os\nprint(os.environ['SM_MODEL_DIR'])\nos.path.exists('/opt/ml/model')\n"
    done = _train(tmp_path, script, BYOML_LOCAL_MOUNT="never")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "out")
    assert f"{tmp_path / 'src/train.py'}:3" in done.stderr
    assert "train.py:2" not in done.stderr


def test_a_folder_of_the_users_is_never_replaced(tmp_path: Path) -> None:
    """`--output` names a folder with other things in it: a usage error, and all stays."""
    (tmp_path / "out/model").mkdir(parents=True)
    (tmp_path / "out/thesis.txt").write_text("mine")
    done = _train(tmp_path, "")
    assert done.returncode == 2
    assert "holds nothing but the result of an earlier local job" in done.stderr
    assert (tmp_path / "out/thesis.txt").read_text() == "mine"


def test_a_missing_entry_point_is_the_jobs_own_error(tmp_path: Path) -> None:
    """The very message that the container gives, and its failure file."""
    done = _train(tmp_path, "", "--entry-point", "absent.py")
    assert done.returncode == 1
    assert "'absent.py'" in (tmp_path / "out/output/failure").read_text().splitlines()[0]
    assert "train.py" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--hp", "eta"), "'eta' is not of the form KEY=VALUE"),
        (("--channel", "=data"), "'=data' is not of the form NAME=PATH"),
        (("--hp", "a=1", "--hp", "a=2"), "'a' is given twice"),
        (("--channel", "train=absent"), "'absent'"),
        (("--hosts", "0"), "0 is not in the range"),
    ],
)
def test_a_wrong_option_is_a_usage_error_that_shows_the_value(tmp_path: Path, args: tuple[str, str], said: str) -> None:
    """Exit code 2, before anything is run or an earlier result replaced."""
    assert _train(tmp_path, _EACH_HOST_WRITES, NAME="earlier").returncode == 0
    done = _train(tmp_path, "", *args)
    assert done.returncode == 2
    assert said in done.stderr
    assert "model/earlier" in _files(tmp_path / "out")


def test_help_teaches_by_an_example() -> None:
    """Every command's help ends with one that can be pasted."""
    for word in ("train", "serve", "process"):
        done = subprocess.run(
            [console_script("byoml"), "local", word, "--help"],
            env=_environ(),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0
        assert f"  byoml local {word} " in done.stdout.split("Example")[1]


def test_importing_the_commands_loads_nothing_heavy() -> None:
    """`byoml --help` must not wait for what only a job needs."""
    code = "import sys, byoml.cli.local; print(*(name for name in sys.modules if name.startswith('byoml.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=_SECONDS, check=True)
    assert {name.split(".")[1] for name in done.stdout.split()} == {"cli"}
