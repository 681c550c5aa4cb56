"""Which rank failed first, in the words of mpirun and torchrun."""

from __future__ import annotations

from byoml.launchers.rank_failure import mpi_verdict, torchrun_verdict
from byoml.report import summary_of

_HOSTS = ("algo-1", "algo-10", "algo-2")
_RAISED = (
    "[1,1]<stderr>:ConnectionError: rank 5 is gone\n"
    "[1,5]<stderr>:Traceback (most recent call last):\n"
    '[1,5]<stderr>:  File "train.py", line 6, in <module>\n'
    "[1,5]<stderr>:ValueError: eta must be positive\n"
    "mpirun detected that one or more processes exited with non-zero status, thus causing\n"
    "the job to be terminated. The first process to do so was:\n\n"
    "  Process name: [[7184,1],5]\n  Exit code:    3\n"
)
_TORCH = """\
{before}E1121 15:12:03.970000 28687 api.py:1002] failed (exitcode: 1) local_rank: 1 (pid: 28773) of binary: python
Traceback (most recent call last):
  File "run.py", line 383, in launch_agent
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
[1]:
  rank      : 2 (local_rank: 0)
  exitcode  : {other} (pid: 1)
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  rank      : 3 (local_rank: 1)
  exitcode  : {root} (pid: 2)
============================================================
"""


def _traceback(line: str) -> str:
    return f'Traceback (most recent call last):\n  File "train.py", line 6, in <module>\n{line}\n'


def _marked(rank: int, text: str) -> str:
    return "".join(f"[rank{rank}]: {line}\n" for line in text.splitlines())


def test_mpirun_names_the_rank_and_its_tagged_lines_are_its_own() -> None:
    """The host is the one whose slots the rank is in, in the order of `hosts`, with its own code."""
    verdict = mpi_verdict(3, _RAISED, _HOSTS, 2)
    assert (verdict.exit_code, verdict.signal) == (3, None)
    assert summary_of(verdict.to_outcome(())) == "ValueError: eta must be positive"
    assert verdict.text.endswith("first failing rank: 5 on host algo-2, exit code 3")


def test_a_rank_of_mpirun_that_was_killed_is_told_with_its_signal() -> None:
    """128 and the number, as everywhere."""
    text = "mpirun noticed that process rank 2 with PID 0 on node ip-10-0-0-1 exited on signal 9 (Killed).\n"
    verdict = mpi_verdict(137, text, _HOSTS, 2)
    assert (verdict.exit_code, verdict.signal) == (137, 9)
    assert verdict.text == "first failing rank: 2 on host algo-10, exit code 137"


def test_a_rank_that_aborts_through_mpi_is_found() -> None:
    """mpi4py ends a job so when a rank raises."""
    text = "MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD\nwith errorcode 1.\n"
    assert mpi_verdict(1, text, _HOSTS, 1).text == "first failing rank: 0 on host algo-1, exit code 1"


def test_mpiruns_own_trouble_is_told_in_its_own_words() -> None:
    """It is a consequence, so that a host known to be lost is named before it."""
    verdict = mpi_verdict(205, "ORTE has lost communication with a remote daemon.\n", _HOSTS, 1)
    assert (verdict.exit_code, verdict.consequence) == (205, True)
    assert verdict.text.startswith("ORTE has lost")


def test_torchruns_root_cause_is_told_from_its_own_traceback() -> None:
    """Torchrun's traceback comes last and says nothing; its exit code is always 1."""
    text = _TORCH.format(before=_traceback("ValueError: eta must be positive"), other=-15, root=7)
    verdict = torchrun_verdict(1, text, "algo-2")
    assert verdict.exit_code == 7
    assert summary_of(verdict.to_outcome(())) == "ValueError: eta must be positive"
    assert verdict.text.endswith("first failing rank: 3 on host algo-2, exit code 7")


def test_a_rank_killed_under_torchrun_is_told_with_its_signal() -> None:
    """Torchrun writes the number with a minus."""
    verdict = torchrun_verdict(1, _TORCH.format(before="", other=-15, root=-9), "algo-2")
    assert (verdict.exit_code, verdict.signal) == (137, 9)


def test_a_rank_that_another_ranks_end_caused_is_not_the_first() -> None:
    """Torchrun saw rank 3 first; what it says is that a peer was gone, and rank 2 says why."""
    before = _marked(3, _traceback("RuntimeError: Connection closed by peer [127.0.0.1]:1")) + _marked(
        2, _traceback("ValueError: eta must be positive")
    )
    verdict = torchrun_verdict(1, _TORCH.format(before=before, other=5, root=1), "algo-2")
    assert (verdict.exit_code, verdict.consequence) == (5, False)
    assert summary_of(verdict.to_outcome(())) == "ValueError: eta must be positive"


def test_a_host_whose_ranks_only_lost_a_peer_says_so() -> None:
    """The verdict is then another host's to give."""
    before = _marked(3, _traceback("RuntimeError: Connection closed by peer [127.0.0.1]:1"))
    assert torchrun_verdict(1, _TORCH.format(before=before, other=-15, root=1), "algo-2").consequence


def test_an_exception_raised_while_another_was_handled_is_one_failure() -> None:
    """The last exception of the chain is the reason, as Python prints it."""
    before = (
        _traceback("KeyError: 'x'")
        + "\nDuring handling of the above exception, another exception occurred:\n\n"
        + _traceback("ValueError: eta must be positive")
        + _traceback("RuntimeError: another rank, later")
    )
    verdict = torchrun_verdict(1, _TORCH.format(before=before, other=1, root=1), "algo-2")
    assert summary_of(verdict.to_outcome(())) == "ValueError: eta must be positive"


def test_torchruns_own_trouble_is_told_in_its_own_words() -> None:
    """No rank is named where torchrun fails before it starts any."""
    assert torchrun_verdict(2, "run.py: error: unrecognized\n", "algo-1").text == "run.py: error: unrecognized\n"
