"""Which rank failed first, read from what mpirun and torchrun write to stderr."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from byoml.launchers.verdict import Verdict, is_consequence
from byoml.report import summary_of

__all__ = ["RankFailure", "mpi_verdict", "torchrun_verdict"]

_MPI_EXITED = re.compile(r"Process name: \[\[\d+,\d+\],(\d+)\]\s+Exit code: +(\d+)")
_MPI_KILLED = re.compile(r"process rank (\d+) with PID \d+ on node (\S+) exited on signal (\d+)")
_MPI_ABORTED = re.compile(r"MPI_ABORT was invoked on rank (\d+) in communicator .*?with errorcode (\d+)", re.DOTALL)
_MPI_TAG = re.compile(r"\[\d+,(\d+)\]<(?:stdout|stderr)>: ?")
_TORCH_CAUSE = "Root Cause (first observed failure):"
_TORCH_RANK = re.compile(r"rank +: (\d+) \(local_rank: \d+\)\s+exitcode +: (-?\d+)")
_TORCH_MARK = re.compile(r"\[rank\d+\]: ")
_ENDED_BY_TORCHRUN = "-15"
_TORCH_NOTICE = re.compile(r"^\[?[EW]\d{4} .*?(?:failed \(exitcode: |closing signal)", re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last):"
_CHAIN = ("During handling of the above exception", "The above exception was the direct cause")


@dataclass(frozen=True)
class RankFailure:
    """The rank that failed first.

    Args:
        rank: Its global rank.
        exit_code: 0..255; 128+n where signal n ended it.
        signal: The number of the signal that ended it, None where it ended by itself.
        stderr: What it wrote, as far as that can be told apart.
    """

    rank: int
    exit_code: int
    signal: int | None
    stderr: str

    def verdict(self, host: str) -> Verdict:
        """Say it so that a report starts with the rank's own exception line, and names rank and host after it."""
        note = f"first failing rank: {self.rank} on host {host}, exit code {self.exit_code}"
        text = self.stderr.strip("\n")
        parts = [text, note] if _TRACEBACK in text or self.signal is not None else [note, text]
        verdict = Verdict(self.exit_code, self.signal, "\n".join(filter(None, parts)))
        return replace(verdict, consequence=is_consequence(_summary(verdict)))


def _summary(verdict: Verdict) -> str:
    return summary_of(verdict.to_outcome(()))


def mpi_verdict(exit_code: int, stderr_tail: str, hosts: tuple[str, ...], processes_per_host: int) -> Verdict:
    """Judge a failed mpirun.

    Args:
        exit_code: mpirun's own.
        stderr_tail: What mpirun wrote, ranks' lines tagged.
        hosts: The hosts, in the order in which their slots were filled.
        processes_per_host: Slots of each.

    Returns:
        The verdict; mpirun's own words where no rank is named in them.
    """
    failure = _mpi_failure(stderr_tail)
    if failure is None:
        # mpirun speaks for itself where a host is lost, which the watch knows better.
        return Verdict(exit_code, text=_MPI_TAG.sub("", stderr_tail), consequence=True)
    return failure.verdict(hosts[min(failure.rank // processes_per_host, len(hosts) - 1)])


def _mpi_failure(tail: str) -> RankFailure | None:
    killed = _MPI_KILLED.search(tail)
    if killed:
        rank, number = int(killed[1]), int(killed[3])
        return RankFailure(rank, 128 + number, number, _mpi_lines(tail, rank))
    ended = _MPI_ABORTED.search(tail) or _MPI_EXITED.search(tail)
    if ended is None:
        return None
    return RankFailure(int(ended[1]), int(ended[2]) % 256 or 1, None, _mpi_lines(tail, int(ended[1])))


def _mpi_lines(tail: str, rank: int) -> str:
    lines = [(_MPI_TAG.match(line), line) for line in tail.splitlines()]
    return "\n".join(line[tag.end() :] for tag, line in lines if tag and int(tag[1]) == rank)


def torchrun_verdict(exit_code: int, stderr_tail: str, host: str) -> Verdict:
    """Judge a failed torchrun.

    Args:
        exit_code: torchrun's own, which is 1 whatever the rank's was.
        stderr_tail: What torchrun and its ranks wrote.
        host: This host, whose ranks it ran.

    Returns:
        The verdict, on the rank that torchrun saw failing first, unless another rank was that one's trouble; torchrun's
        own words where no rank is named in them.
    """
    causes = stderr_tail.find(_TORCH_CAUSE)
    ends = [*_TORCH_RANK.findall(stderr_tail, max(causes, 0)), *_TORCH_RANK.findall(stderr_tail[: max(causes, 0)])]
    if not ends:
        return Verdict(exit_code, text=stderr_tail, consequence=is_consequence(stderr_tail))
    stderr = _before_notice(stderr_tail)
    verdicts = [
        _rank_end(int(rank), int(code), stderr).verdict(host) for rank, code in ends if code != _ENDED_BY_TORCHRUN
    ]
    return next((verdict for verdict in verdicts if not verdict.consequence), verdicts[0] if verdicts else Verdict(1))


def _rank_end(rank: int, code: int, stderr: str) -> RankFailure:
    """Take a rank's own lines where torch has marked them, as it does once there is a process group."""
    mark = f"[rank{rank}]: "
    own = [line[len(mark) :] for line in stderr.splitlines() if line.startswith(mark)]
    unmarked = "\n".join(line for line in stderr.splitlines() if not _TORCH_MARK.match(line))
    text = "\n".join(own) if own else _first_cause(unmarked)
    return RankFailure(rank, 128 - code if code < 0 else code, -code if code < 0 else None, text)


def _before_notice(tail: str) -> str:
    """Cut off what torchrun says about the failure; its own traceback is the last one, and says nothing."""
    notice = _TORCH_NOTICE.search(tail)
    end = notice.start() if notice else tail.rfind(_TRACEBACK)
    return tail[: max(end, 0)]


def _first_cause(stderr: str) -> str:
    """Keep the first rank's traceback where several ranks wrote one, passing over those that another rank caused."""
    pieces = stderr.split(_TRACEBACK)
    if len(pieces) == 1:
        return stderr
    tracebacks: list[str] = []
    for before, piece in pairwise(pieces):
        chained = tracebacks and any(link in before for link in _CHAIN)
        text = _TRACEBACK + piece
        if chained:
            tracebacks[-1] += text
        else:
            tracebacks.append(text)
    causes = [text for text in tracebacks if not is_consequence(_summary(Verdict(1, text=text)))]
    return (causes or tracebacks)[0]
