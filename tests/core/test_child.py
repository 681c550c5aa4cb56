"""Running one program: real processes, their bytes, codes and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from byoml.child import ChildResult, Stopped, Stopper, run

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
# Runs a program as byoml does, and says on the last line of stdout how it ended.
_DRIVER = """
import os, sys
from pathlib import Path
from byoml.child import Stopped, Stopper, run
stopper = Stopper(float(sys.argv[1]))
with stopper.listening():
    result = run([sys.executable, "-u", "-c", sys.argv[2]], cwd=Path(), variables=os.environ, stopper=stopper)
print(f"\\n{result.exit_code} {result.signal} {stopper.signum}", flush=True)
"""


class _Driven(NamedTuple):
    process: subprocess.Popen[str]

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ended(self) -> str:
        output, _ = self.process.communicate(timeout=30)
        return output.splitlines()[-1]


def _run(code: str) -> ChildResult:
    return run([sys.executable, "-c", code], cwd=_HERE, variables=os.environ, stopper=Stopper())


@contextmanager
def _driving(code: str, grace: float = 60.0) -> Iterator[_Driven]:
    argv = [sys.executable, "-c", _DRIVER, str(grace), code]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield _Driven(process)
        finally:
            process.kill()


def test_every_byte_passes_untouched_and_the_streams_stay_apart(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Carriage returns, invalid UTF-8, NUL and a last line without end come through as they are."""
    result = _run(r"import os; os.write(1, b'o\r50%\r\xff\x00\n.'); os.write(2, b'e\r\n\xfe\x1b[1m.')")
    assert capfdbinary.readouterr() == (b"o\r50%\r\xff\x00\n.", b"e\r\n\xfe\x1b[1m.")
    assert result == ChildResult(0, None, "e\r\n\ufffd\x1b[1m.")


def test_stdout_can_be_sent_elsewhere(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """With a descriptor given, the program's stdout goes there."""
    run([sys.executable, "-c", "print('x')"], cwd=_HERE, variables=os.environ, stopper=Stopper(), stdout=2)
    assert capfdbinary.readouterr() == (b"", b"x\n")


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_the_programs_exit_code_is_the_result(code: int) -> None:
    """Any code of the program comes back as it is."""
    assert _run(f"raise SystemExit({code})") == ChildResult(code, None, "")


def test_a_program_killed_by_a_signal_has_128_and_its_number() -> None:
    """The code is the shell's, and the signal is named."""
    result = _run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert result == ChildResult(137, signal.SIGKILL, "")


def test_the_tail_is_the_end_and_is_bounded(capfd: pytest.CaptureFixture[str]) -> None:
    """Of a large stderr the last 16 KiB are kept, and all of it passes through."""
    result = _run("import sys; sys.stderr.write('x' * 300_000 + 'end')")
    assert len(result.stderr_tail) == 16 * 1024
    assert result.stderr_tail.endswith("xend")
    assert len(capfd.readouterr().err) == 300_003


def test_a_program_that_cannot_start_is_127_and_says_why() -> None:
    """A missing program is a result, not an exception."""
    result = run(["/no/such/program"], cwd=_HERE, variables={}, stopper=Stopper())
    assert result.exit_code == 127
    assert "/no/such/program" in result.stderr_tail


def test_the_program_gets_its_folder_and_no_variable_but_those_given(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its environment is the mapping, whole."""
    argv = ["/bin/sh", "-c", 'echo "$ONLY:$HOME:$(pwd)"']
    run(argv, cwd=tmp_path, variables={"ONLY": "a b'c", "PATH": os.defpath}, stopper=Stopper())
    assert capfd.readouterr().out == f"a b'c::{tmp_path.resolve()}\n"


def test_what_the_group_leaves_running_is_killed() -> None:
    """A program that ends takes its background children along."""
    code = "import subprocess as s, sys; sys.stderr.write(str(s.Popen(['sleep', '300']).pid))"
    _wait_for_end(int(_run(code).stderr_tail))


@pytest.mark.parametrize("busy", [False, True], ids=["silent", "writing"])
def test_a_grandchild_of_another_session_does_not_hold_us_up(*, busy: bool) -> None:
    """Stderr held open, or written to for ever, by what outlives the program, does not keep us from its result."""
    argv = ["sh", "-c", "yes >&2"] if busy else ["sleep", "300"]
    code = f"import subprocess as s; print(s.Popen({argv}, stdout=s.DEVNULL, start_new_session=True).pid)"
    with _driving(code) as driven:
        grandchild = int(driven.line())
        try:
            assert driven.ended() == "0 None None"
        finally:
            os.killpg(grandchild, signal.SIGKILL)


_HEARS = "import signal, sys, time; signal.signal(signal.{0}, lambda *_: sys.exit(7)); print('up'); time.sleep(60)"
_DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('heard')); print('up')\nwhile 1: time.sleep(1)"
)


_SAVES = """
import signal, time
def save(*_):
    print("heard", flush=True)
    time.sleep(0.5)
    raise SystemExit(0)
signal.signal(signal.SIGTERM, save)
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_program_whose_code_then_counts(number: signal.Signals) -> None:
    """A program that handles the stop ends with its own code."""
    with _driving(_HEARS.format(number.name)) as driven:
        assert driven.line() == "up"
        driven.process.send_signal(number)
        assert driven.ended() == f"7 None {number.value}"


def test_a_program_that_does_not_handle_the_stop_ends_by_it() -> None:
    """The code is then 143."""
    with _driving("import time; print('up'); time.sleep(60)") as driven:
        assert driven.line() == "up"
        driven.process.send_signal(signal.SIGTERM)
        assert driven.ended() == "143 15 15"


def test_a_signal_reaches_the_whole_group() -> None:
    """A child of the program hears SIGTERM too, as it does in a terminal."""
    inner = (
        "import sys, time; from signal import *; signal(15, lambda *_: sys.exit(print('heard')));"
        "print('up'); time.sleep(60)"
    )
    code = (
        "import subprocess, sys; from signal import *; signal(15, lambda *_: None);"
        f"sys.exit(subprocess.call([sys.executable, '-uc', {inner!r}]))"
    )
    with _driving(code) as driven:
        assert driven.line() == "up"
        driven.process.send_signal(signal.SIGTERM)
        assert driven.line() == "heard"
        assert driven.ended() == "0 None 15"


def test_a_deaf_program_is_killed_after_the_grace() -> None:
    """SIGKILL follows SIGTERM, not before the grace is over."""
    with _driving(_DEAF, grace=0.5) as driven:
        assert driven.line() == "up"
        started = time.monotonic()
        driven.process.send_signal(signal.SIGTERM)
        assert driven.ended() == "137 9 15"
        assert time.monotonic() - started >= 0.5


def test_a_later_second_signal_kills_at_once() -> None:
    """Who asks again does not wait for the grace."""
    with _driving(_DEAF, grace=600) as driven:
        assert driven.line() == "up"
        driven.process.send_signal(signal.SIGTERM)
        assert driven.line() == "heard"
        time.sleep(1.1)  # within a second it would be the same stop, told twice
        driven.process.send_signal(signal.SIGTERM)
        assert driven.ended() == "137 9 15"


def test_one_stop_told_twice_is_one() -> None:
    """A terminal, or the program `timeout`, tells the process and its group: that must not kill who is saving."""
    with _driving(_SAVES, grace=600) as driven:
        assert driven.line() == "up"
        driven.process.send_signal(signal.SIGTERM)
        assert driven.line() == "heard"
        driven.process.send_signal(signal.SIGTERM)
        assert driven.ended().startswith("0 ")


def test_a_signal_with_no_program_running_raises_and_the_handlers_are_given_back() -> None:
    """Between programs a stop breaks off whatever runs; afterwards signals do what they did before."""
    before = signal.getsignal(signal.SIGTERM)
    stopper = Stopper()
    with pytest.raises(Stopped) as caught, stopper.listening():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.exit_code == 143
    assert not isinstance(caught.value, Exception)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_between_the_decision_and_the_start_is_not_lost() -> None:
    """What is heard while a program is about to start is passed on once it has."""
    stopper = Stopper()
    with stopper.listening(), stopper.guarding() as attach:
        signal.raise_signal(signal.SIGTERM)
        with subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as process:
            attach(process.pid)
            assert process.wait(20) == -signal.SIGTERM


def _wait_for_end(pid: int) -> None:
    """Wait until a process is gone, or is only waiting to be reaped."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.01)
    pytest.fail(f"process {pid} still runs")
