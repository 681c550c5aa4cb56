"""The report of a failed job: its text, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin.values import Outcome
from byoml.report import LIMIT_BYTES, describe, summary_of, tell, write
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

_TRACEBACK = """noise before
Traceback (most recent call last):
  File "train.py", line 1, in <module>
    main()
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 9, in <module>
    raise ValueError("eta must be positive")
ValueError: eta must be positive
"""


def test_the_summary_is_the_exception_line_of_the_last_traceback() -> None:
    """A chain of exceptions is told by its last, not by the exception that was being handled."""
    assert summary_of(Outcome(1, stderr_tail=_TRACEBACK)) == "ValueError: eta must be positive"


def test_lines_after_the_exception_do_not_hide_it() -> None:
    """What a program's threads print after the traceback does not become the summary."""
    assert summary_of(Outcome(1, stderr_tail=_TRACEBACK + "bye\n")) == "ValueError: eta must be positive"


def test_an_exception_without_a_message_is_a_summary_too() -> None:
    """`KeyboardInterrupt` and its like end a traceback with their bare name."""
    assert (
        summary_of(Outcome(1, stderr_tail="Traceback (most recent call last):\n  x\nAssertionError\n"))
        == "AssertionError"
    )


def test_without_a_traceback_the_last_line_of_stderr_is_the_summary() -> None:
    """Programs that are not Python say what is wrong on their last line."""
    assert summary_of(Outcome(2, stderr_tail="usage: x\nx: error: no\n\n")) == "x: error: no"


def test_a_killed_program_is_told_by_its_signal() -> None:
    """The signal is the reason, whatever the program wrote before."""
    assert summary_of(Outcome(137, signal=9, stderr_tail="epoch 1\n")) == "killed by SIGKILL"


def test_a_silent_program_is_told_by_its_code() -> None:
    """There is always a first line."""
    assert "exit code 3" in summary_of(Outcome(3))


def test_the_text_has_summary_hint_tail_and_command_in_this_order() -> None:
    """The most useful comes first, as readers see only the start."""
    text = describe("E: x", "hint: y", "one\ntwo\nE: x\n", ("python", "train.py"), 4)
    assert text.splitlines() == ["E: x", "hint: y", "one", "two", "command: python train.py (exit code 4)"]


@given(
    summary=st.text(max_size=3000),
    hint=st.none() | st.text(max_size=3000),
    tail=st.just("") | st.text(max_size=5000),
    command=st.lists(st.text(max_size=500), max_size=9),
)
def test_the_text_never_passes_the_limit(summary: str, hint: str | None, tail: str, command: list[str]) -> None:
    """Whatever a program prints, the file stays within the 1,024 bytes that the platform reads."""
    text = describe(summary, hint, tail, command, 1)
    assert len(text.encode()) <= LIMIT_BYTES


def test_a_failure_file_of_the_user_is_kept(tmp_path: Path) -> None:
    """What user code wrote there is for the user to say."""
    path = tmp_path / "failure"
    path.write_text("mine")
    write(path, "ours")
    assert path.read_text() == "mine"


def test_an_empty_failure_file_is_filled(tmp_path: Path) -> None:
    """A file that user code only touched says nothing, and is not kept empty."""
    path = tmp_path / "failure"
    path.touch()
    write(path, "ours")
    assert path.read_text() == "ours"


def test_a_failure_file_that_cannot_be_written_is_not_an_error(tmp_path: Path) -> None:
    """A folder that is a file stands for a full or read-only disk: the exit code must still be given."""
    (tmp_path / "output").write_text("no folder")
    write(tmp_path / "output" / "failure", "ours")
    assert (tmp_path / "output").read_text() == "no folder"


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    """A program may end itself by any of the real-time signals, of which most have no name."""
    assert summary_of(Outcome(168, signal=40)) == "killed by signal 40"


def test_an_argument_that_is_no_utf8_does_not_hide_the_reason(tmp_path: Path) -> None:
    """Arguments may be any bytes; the file is UTF-8 all the same, as the platform refuses anything else."""
    tell(tmp_path / "failure", Outcome(3, stderr_tail="x: no\n"), ("run", "\udcff"), None)
    assert (tmp_path / "failure").read_text("utf-8") == "x: no\ncommand: run ? (exit code 3)"


def test_a_reason_that_stands_alone_has_all_the_room() -> None:
    """Our own errors end with what would be right, which a cut would hide."""
    summary = "EntryPointMissingError: " + "x" * 900 + " files there: y.py"
    assert describe(summary, None, "", (), 1) == summary
    assert len(describe("x" * 2000, None, "", (), 1)) == LIMIT_BYTES
