"""`byoml.should_stop` and `byoml.on_stop`, in real programs with real signals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 20
# Unbuffered: a signal may come before a print has returned, and what prints in a handler would meet it half done.
_READY = "os.write(1, b'ready\\n')\n"
_WAITS = _READY + "while not byoml.should_stop():\n    time.sleep(0.01)\n"
# A test run in the background of a shell ignores SIGINT, and so would its programs.
_HEADER = """\
import byoml, multiprocessing, os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


class Program:
    """A running program that says `ready` once it can be stopped."""

    def __init__(self, code: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HEADER + code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def send(self, *numbers: int) -> tuple[int, str, str]:
        """Signal it, wait for its end, and give its exit code and its streams."""
        for number in numbers:
            self.process.send_signal(number)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        # What came together with `ready` is in the file object already, where communicate would not look.
        stdout, stderr = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(_SECONDS), stdout, stderr


@pytest.fixture
def started() -> Iterator[list[Program]]:
    programs: list[Program] = []
    yield programs
    for program in programs:
        if program.process.poll() is None:
            os.killpg(program.process.pid, signal.SIGKILL)
        program.process.communicate()


def _start(started: list[Program], code: str) -> Program:
    started.append(Program(code))
    return started[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_asked_for_and_the_program_ends_as_it_likes(started: list[Program], number: int) -> None:
    """It saves, and gives its own exit code."""
    program = _start(started, f"byoml.should_stop()\n{_WAITS}print('saved'); sys.exit(7)")
    assert program.send(number) == (7, "saved\n", "")


def test_without_a_question_signals_are_as_they_were(started: list[Program]) -> None:
    """Importing byoml, or using the rest of it, installs nothing."""
    code = f"byoml.hyperparameters(environ={{'SM_HPS': '{{}}'}}); byoml.should_stop\n{_READY}time.sleep(30)"
    assert _start(started, code).send(signal.SIGTERM)[0] == -signal.SIGTERM


def test_a_handler_that_was_there_is_called_too(started: list[Program]) -> None:
    """As of a framework that saves by itself."""
    code = (
        "signal.signal(signal.SIGTERM, lambda *_: print('theirs', flush=True))\nbyoml.on_stop(lambda: print('ours'))\n"
    )
    assert _start(started, code + _WAITS).send(signal.SIGTERM) == (0, "theirs\nours\n", "")


def test_threads_may_ask(started: list[Program]) -> None:
    """Once the main thread has asked."""
    code = """\
byoml.should_stop()
def work():
    while not byoml.should_stop():
        time.sleep(0.01)
    print("thread saw it")
thread = threading.Thread(target=work)
thread.start()
print("ready", flush=True)
thread.join()
"""
    assert _start(started, code).send(signal.SIGTERM) == (0, "thread saw it\n", "")


def test_the_first_question_must_come_from_the_main_thread() -> None:
    """Python lets no other listen; silently never stopping would cost the checkpoint."""
    code = """\
import byoml, threading
def work():
    try:
        byoml.should_stop()
    except Exception as error:
        print(type(error).__name__, error)
thread = threading.Thread(target=work, name="reader")
thread.start()
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(
        "NotMainThreadError byoml.should_stop() and byoml.on_stop() were first called in thread "
    )
    assert "'reader'; call one of them once in the main thread before" in done.stdout


def test_callbacks_are_called_once_in_order_and_a_failing_one_stops_no_other(started: list[Program]) -> None:
    """Its traceback is logged, and the program goes on; a repeated SIGTERM does not call again."""
    code = f"""\
@byoml.on_stop
def first():
    print("first")
    raise ValueError("disk")
byoml.on_stop(lambda: print("second"))
{_WAITS}
byoml.on_stop(lambda: print("late, at once"))
os.kill(os.getpid(), signal.SIGTERM)
print("end")
"""
    code_, stdout, stderr = _start(started, code).send(signal.SIGTERM)
    assert (code_, stdout) == (0, "first\nsecond\nlate, at once\nend\n")
    assert "a callback of byoml.on_stop failed" in stderr
    assert "ValueError: disk" in stderr


def test_a_callback_may_end_the_program(started: list[Program]) -> None:
    """By sys.exit, after all have been called."""
    code = "byoml.on_stop(lambda: sys.exit(3))\nbyoml.on_stop(lambda: print('other'))\n"
    code += _READY + "time.sleep(30)"
    assert _start(started, code).send(signal.SIGTERM) == (3, "other\n", "")


def test_a_second_ctrl_c_interrupts_as_ever(started: list[Program]) -> None:
    """A person who presses it again a second later means it; twice at once is one, from terminal and launcher."""
    code = """\
byoml.on_stop(lambda: print("ready", flush=True))
os.write(1, b"ready\\n")
while not byoml.should_stop():
    time.sleep(0.01)
time.sleep(1.5)
print("still here", flush=True)
time.sleep(30)
"""
    program = _start(started, code)
    program.process.send_signal(signal.SIGINT)
    assert program.process.stdout is not None
    assert program.process.stdout.readline() == "ready\n"
    program.process.send_signal(signal.SIGINT)
    assert program.process.stdout.readline() == "still here\n"
    exit_code, _, stderr = program.send(signal.SIGINT)
    assert exit_code == -signal.SIGINT
    assert "KeyboardInterrupt" in stderr


def test_a_forked_worker_can_still_be_terminated_and_may_ask_for_itself(started: list[Program]) -> None:
    """A pool ends its workers by SIGTERM; with our handler in them it would wait for ever."""
    code = """\
byoml.should_stop()
context = multiprocessing.get_context("fork")
def sleep():
    time.sleep(30)
def ask():
    byoml.should_stop()
    os.kill(os.getpid(), signal.SIGTERM)
    sys.exit(40 + byoml.should_stop())
sleeper, asker = context.Process(target=sleep), context.Process(target=ask)
sleeper.start(); asker.start()
sleeper.terminate(); sleeper.join(); asker.join()
print("ready", flush=True)
print(sleeper.exitcode, asker.exitcode, byoml.should_stop())
"""
    assert _start(started, code).send() == (0, "-15 41 False\n", "")


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="there is no mpirun here")
def test_each_rank_of_mpi_hears_the_stop_and_may_save(tmp_path: Path) -> None:
    """The launcher's signal goes to mpirun, which passes it on."""
    script = tmp_path / "rank.py"
    script.write_text(
        """\
import os, pathlib, time, byoml
byoml.should_stop()
rank = os.environ["OMPI_COMM_WORLD_RANK"]
pathlib.Path(f"ready{rank}").touch()
while not byoml.should_stop():
    time.sleep(0.01)
time.sleep(2)
byoml.checkpoints.save("part", lambda path: path.write_text(rank), step=1)
"""
    )
    mpirun = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--mca", "odls_base_sigkill_timeout", "5"]
    process = subprocess.Popen(
        [*mpirun, "-n", "2", sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert wait_until(lambda: len(list(tmp_path.glob("ready*"))) == 2 or process.poll() is not None, _SECONDS)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_SECONDS)
    finally:
        process.kill()
        process.wait()
    saved = sorted(path.name for path in (tmp_path / "checkpoints").iterdir() if path.suffix != ".json")
    assert saved == ["part-localhost-rank0-000000001", "part-localhost-rank1-000000001"]
