"""A stop at every phase of a job ends it in time, as stopped, and leaves no failure file (contract/training 6.5)."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from blackbox import console_script, wait_until
from isolation import first_process_of, isolated
from jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 25
_AS_PID_1 = ("--pid", "--fork", "--kill-child", "--mount-proc")
_KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}


@contextmanager
def _silent_server() -> Iterator[tuple[str, threading.Event]]:
    """A server that takes connections and never answers; the event says that somebody waits for an answer."""
    asked = threading.Event()
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                if connection.recv(1):
                    asked.set()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for connection in held:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_code_is_downloaded(tmp_path: Path, number: signal.Signals) -> None:
    """The server may be as slow as it likes."""
    pytest.importorskip("boto3", reason="boto3 is not installed: byoml[s3] brings it")
    job = Job(tmp_path / "ml", {}, {"sagemaker_submit_directory": "s3://bucket/sourcedir.tar.gz"})
    with (
        _silent_server() as (endpoint, asked),
        job.started(AWS_ENDPOINT_URL_S3=endpoint, **_KEYS) as process,
    ):
        assert asked.wait(_SECONDS)
        started = time.monotonic()
        process.send_signal(number)
        ended = job.ended(process, _SECONDS)
    assert (ended.exit_code, ended.failure) == (128 + number, None)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_stop_while_packages_are_installed(tmp_path: Path, installer: str) -> None:
    """It reaches pip and uv, and is no failed install."""
    scripts = os.path.dirname(sys.executable)  # noqa: PTH120  PATH is text
    if installer == "uv" and shutil.which("uv", path=scripts) is None:
        pytest.skip("uv is not installed")
    job = Job(tmp_path / "ml", {"code/requirements.txt": "no-such-thing\n", "code/train.py": ""})
    with (
        _silent_server() as (index, asked),
        job.started(BYOML_INSTALLER=installer, PIP_INDEX_URL=index, UV_CACHE_DIR=str(tmp_path / "cache")) as process,
    ):
        assert asked.wait(_SECONDS)
        process.send_signal(signal.SIGTERM)
        ended = job.ended(process, _SECONDS)
    assert (ended.exit_code, ended.failure) == (143, None)


def test_a_stop_while_peers_are_waited_for(tmp_path: Path) -> None:
    """They may never come."""
    hosts = ["localhost", "no-such-host.invalid"]
    config = {"resourceconfig.json": {"current_host": "localhost", "hosts": hosts}}
    job = Job(tmp_path / "ml", {"code/train.py": "", "code/requirements.txt": "\n"}, config=config)
    with job.started() as process:
        assert process.stderr is not None
        assert wait_until(lambda: _waits_in_threads(process.pid), _SECONDS)
        process.send_signal(signal.SIGTERM)
        ended = job.ended(process, _SECONDS)
    assert (ended.exit_code, ended.failure) == (143, None)


def _waits_in_threads(pid: int) -> bool:
    """Say whether a process has several threads, as one that waits for peers has."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1  # noqa: PTH208  /proc is no tree of files
    except OSError:
        return False


def test_a_stop_while_the_last_files_are_uploaded(tmp_path: Path) -> None:
    """They get what is left of the grace, and no more; a second signal ends even that."""
    pytest.importorskip("boto3", reason="boto3 is not installed: byoml[s3] brings it")
    script = "import os; open(os.environ['SM_OUTPUT_INTERMEDIATE_DIR'] + '/f', 'w').write('x')"
    job = Job(tmp_path / "ml", {"code/train.py": script}, {"sagemaker_s3_output": "s3://bucket/x"})
    for signals in (1, 2):
        shutil.rmtree(job.base / "output/intermediate", ignore_errors=True)
        grace = {"BYOML_STOP_GRACE_SECONDS": "0.5" if signals == 1 else "600"}
        with (
            _silent_server() as (endpoint, asked),
            job.started(AWS_ENDPOINT_URL_S3=endpoint, **_KEYS, **grace) as process,
        ):
            assert asked.wait(_SECONDS)
            for _ in range(signals):
                process.send_signal(signal.SIGTERM)
                time.sleep(0.3)  # two signals at once are one
            ended = job.ended(process, _SECONDS)
        assert (ended.exit_code, ended.failure) == (143, None)
        assert "not all intermediate files are uploaded" in ended.stderr


def test_a_second_signal_kills_a_program_that_does_not_listen(tmp_path: Path) -> None:
    """With 137, whatever the grace is; within a second it would be the same stop, told twice."""
    script = """\
import os, pathlib, signal, time
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
signal.signal(signal.SIGTERM, lambda *_: (model / "heard").touch())
(model / "up").touch()
while True:
    time.sleep(1)
"""
    job = Job(tmp_path / "ml", {"code/train.py": script})
    with job.started(BYOML_STOP_GRACE_SECONDS="600") as process:
        for mark in ("up", "heard"):
            assert wait_until((job.base / "model" / mark).exists, _SECONDS)
            process.send_signal(signal.SIGTERM)
            time.sleep(1.1)
        ended = job.ended(process, _SECONDS)
    assert (ended.exit_code, ended.failure) == (137, None)


_ORPHANS = """\
import os, pathlib, subprocess, time
# Each grandchild loses its parent at once, and then ends.
for _ in range(3):
    subprocess.run(["sh", "-c", "setsid sleep 0.1 &"])
time.sleep(0.6)
stats = [open(f"/proc/{pid}/stat").read() for pid in os.listdir("/proc") if pid.isdigit()]
states = [stat.rpartition(")")[2].split()[0] for stat in stats]
pathlib.Path(os.environ["SM_MODEL_DIR"], "who").write_text("".join(states))
raise SystemExit(7)
"""


def test_as_pid_1_orphans_are_reaped_and_the_programs_code_counts(tmp_path: Path) -> None:
    """A container's first process gets every orphan, and nobody else could reap it."""
    job = Job(tmp_path / "ml", {"code/train.py": _ORPHANS})
    ended = job.run(command=[*isolated(*_AS_PID_1), console_script("train")])
    assert ended.exit_code == 7, ended.stderr
    assert "Z" not in job.model("who")
    assert len(job.model("who")) == 3, "train, the job that it runs, and the program"


def test_as_pid_1_a_stop_is_passed_on(tmp_path: Path) -> None:
    """The system gives PID 1 no default for any signal."""
    script = """\
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
pathlib.Path(os.environ["SM_MODEL_DIR"], "up").touch()
time.sleep(60)
"""
    job = Job(tmp_path / "ml", {"code/train.py": script})
    with job.started(command=[*isolated(*_AS_PID_1), console_script("train")]) as process:
        assert wait_until((job.base / "model/up").exists, _SECONDS)
        os.kill(first_process_of(process.pid), signal.SIGTERM)
        assert job.ended(process, _SECONDS).exit_code == 9
    assert job.failure is None
