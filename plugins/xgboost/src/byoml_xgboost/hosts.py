"""The hosts of a job, as they train one model together through XGBoost's own collective.

The first host runs the tracker, at the port that AWS's container takes. Each host's rank is its place in the job's
list, so that the same data on the same hosts gives the same model.
"""

from __future__ import annotations

import contextlib
import socket
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from byoml.cluster import wait_for_names

from byoml_xgboost.errors import HostFailedError, TrackerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["PORT", "Hosts", "together"]

#: Where the tracker listens.
PORT = 9099
_JOIN_SECONDS = 900.0
_PAUSE_SECONDS = 0.2
#: How long the tracker waits, when a job fails, for hosts that may be gone.
_END_SECONDS = 10
#: How long a host waits in the middle of the work, as where another reads far more data. XGBoost has no "for ever".
_WORK_SECONDS = 86_400

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Hosts:
    """All hosts of a job.

    Args:
        names: In the order of their ranks.
        rank: This host's.
    """

    names: Sequence[str]
    rank: int = 0

    @property
    def several(self) -> bool:
        return len(self.names) > 1

    @property
    def first(self) -> bool:
        """Whether this is the host that leaves what the job leaves."""
        return self.rank == 0

    def gather(self, value: _Value) -> list[_Value]:
        """Give a value to all hosts, and get theirs, in the order of the ranks."""
        if not self.several:
            return [value]
        from xgboost import collective

        # In a tuple, as XGBoost takes None for nothing to send.
        return [collective.broadcast((value,), root)[0] for root in range(len(self.names))]

    def told_by_first(self, value: _Value) -> _Value:
        """Get what the first host has."""
        if not self.several:
            return value
        from xgboost import collective

        return collective.broadcast((value,), 0)[0]

    def add_up(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Add an array to those of all other hosts."""
        if not self.several:
            return numbers
        from xgboost import collective

        return collective.allreduce(numbers, collective.Op.SUM)

    def any(self, truth: bool) -> bool:  # noqa: FBT001  as any() takes it
        """Tell whether something holds on any host."""
        import numpy as np

        return bool(self.add_up(np.array([float(truth)]))[0]) if self.several else truth

    def agree_to_go_on(self, problem: str | None) -> None:
        """Let every host say what keeps it from going on, None for nothing.

        Raises:
            HostFailedError: Another one cannot; one that said so itself goes on to its own error.
        """
        said = dict(zip(self.names, self.gather(problem), strict=True))
        problems = {name: text for name, text in said.items() if text is not None}
        if problems and problem is None:
            raise HostFailedError(problems)


@contextlib.contextmanager
def together(names: Sequence[str], host: str) -> Iterator[Hosts]:
    """Join the other hosts for as long as the block lasts.

    Args:
        names: All hosts, in the order of their ranks.
        host: This one.

    Yields:
        The hosts; one alone needs no network.

    Raises:
        HostUnreachableError: A host's name has no address in time.
        TrackerError: The hosts did not come together in time.
    """
    hosts = Hosts(names, names.index(host))
    if not hosts.several:
        yield hosts
        return
    wait_for_names(names, _JOIN_SECONDS)
    address = str(socket.getaddrinfo(names[0], PORT, type=socket.SOCK_STREAM)[0][4][0])
    with _tracker(hosts, address), _joined(hosts, address):
        yield hosts


@contextlib.contextmanager
def _tracker(hosts: Hosts, address: str) -> Iterator[None]:
    from xgboost.core import XGBoostError
    from xgboost.tracker import RabitTracker

    if not hosts.first:
        yield
        return
    try:
        tracker = RabitTracker(len(hosts.names), host_ip=address, port=PORT, sortby="task", timeout=int(_JOIN_SECONDS))
        tracker.start()
    except XGBoostError as error:
        raise TrackerError(hosts.names[0], PORT, 0, _reason(error)) from None
    try:
        yield
    except BaseException:
        # Most often all hosts end together; for one that is gone the tracker would wait, and its destructor complain.
        with contextlib.suppress(XGBoostError, ValueError):
            tracker.wait_for(timeout=_END_SECONDS)
        with contextlib.suppress(XGBoostError):
            tracker.free()
        raise
    tracker.wait_for()


@contextlib.contextmanager
def _joined(hosts: Hosts, address: str) -> Iterator[None]:
    from xgboost import collective
    from xgboost.core import XGBoostError

    settings: Mapping[str, Any] = {
        "dmlc_communicator": "rabit",
        "dmlc_tracker_uri": address,
        "dmlc_tracker_port": PORT,
        "dmlc_task_id": f"{hosts.rank:06d}",
        "dmlc_retry": 1,
        "dmlc_timeout": _WORK_SECONDS,
    }
    _join(hosts, settings)
    try:
        yield
    except BaseException:
        with contextlib.suppress(XGBoostError):
            collective.finalize()
        raise
    collective.finalize()


def _join(hosts: Hosts, settings: Mapping[str, Any]) -> None:
    """Try until the tracker is there: XGBoost's own retries wait longer each time, and warn of each."""
    from xgboost import collective
    from xgboost.core import XGBoostError

    deadline = time.monotonic() + _JOIN_SECONDS
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                collective.init(**settings)
        except XGBoostError as error:
            if time.monotonic() > deadline:
                raise TrackerError(hosts.names[0], PORT, _JOIN_SECONDS, _reason(error)) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _reason(error: Exception) -> str:
    """Take the innermost of the lines that XGBoost stacks up."""
    lines = [line for line in str(error).partition("Stack trace")[0].splitlines() if line.strip()]
    return lines[-1].rpartition("]: ")[2].strip()
