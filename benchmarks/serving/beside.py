"""An endpoint of ours beside others with the same model, round by round, and what that gives as a table."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from load import Answers, Row, wrk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = ["Comparison", "compare", "flask"]

_APPS = Path(__file__).resolve().parent / "apps"
_START_SECONDS = 300
_WARM_SECONDS = 1


class Comparison(NamedTuple):
    """What all servers answered.

    Args:
        clients: The numbers of clients.
        loads: By server, in each round what came back for each number of clients.
        started: By server, seconds to the first 200 of `/ping`, in each round.
    """

    clients: Sequence[int]
    loads: Mapping[str, list[dict[int, Answers]]]
    started: Mapping[str, list[float]]

    def failed(self, name: str) -> int:
        """Count the answers of a server that were none."""
        return sum(load.failed for each in self.loads[name] for load in each.values())

    def table(self) -> str:
        """Write medians, and how many times as many requests the first server answers as each other one."""
        heads = [f"{clients}: req/s, p50, p99 ms" for clients in self.clients]
        lines = [f"| server | {' | '.join(heads)} | first 200, s |", "| --- " * (len(heads) + 2) + "|"]
        ours = next(iter(self.loads))
        for name, loads in self.loads.items():
            cells = [_cell([each[clients] for each in loads]) for clients in self.clients]
            lines.append(f"| {name} | {' | '.join(cells)} | {statistics.median(self.started[name]):.1f} |")
        for name in [name for name in self.loads if name != ours]:
            cells = [f"{self._ratio(ours, name, clients):.2f}" for clients in self.clients]
            lines.append(f"| {ours} against {name} | {' | '.join(cells)} | |")
        return "\n".join(lines)

    def _ratio(self, ours: str, theirs: str, clients: int) -> float:
        """Compare round by round, so that what else the machine does falls on neighbours alike."""
        pairs = zip(self.loads[ours], self.loads[theirs], strict=True)
        return statistics.median(one[clients].rate / max(other[clients].rate, 0.01) for one, other in pairs)


def compare(
    servers: Mapping[str, Callable[[], AbstractContextManager[int]]],
    row: Row,
    clients: Sequence[int],
    rounds: int,
    seconds: float,
) -> Comparison:
    """Start each server in turn, load it, and end it before the next one starts.

    Args:
        servers: By name; each gives its port once it answers. The first one is ours.
        row: What every client sends.
        clients: Numbers of clients.
        rounds: How often all of it is done.
        seconds: How long each load lasts.

    Returns:
        What came back.
    """
    found = Comparison(clients, {name: [] for name in servers}, {name: [] for name in servers})
    for _ in range(rounds):
        for name, server in servers.items():
            begun = time.perf_counter()
            with server() as port:
                found.started[name].append(time.perf_counter() - begun)
                wrk(port, row, max(clients), _WARM_SECONDS)  # whatever is made at the first requests
                found.loads[name].append({count: wrk(port, row, count, seconds) for count in clients})
    return found


@contextmanager
def flask(app: str, variables: Mapping[str, str], port: int = 18800) -> Iterator[int]:
    """Run an app of `apps` as people do: gunicorn with two workers of eight threads.

    Args:
        app: Its module; the app in it is named `app`.
        variables: Its environment.
        port: Where.

    Yields:
        The port, once `/ping` answers.
    """
    options = [f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=8", "--timeout=120", "--log-level=warning"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, f"{app}:app"],
        env={**variables, "PYTHONPATH": str(_APPS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/ping", process)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=60):  # noqa: S310  our own server
                return
        except (OSError, URLError):
            time.sleep(0.05)
    raise TimeoutError(url, process.poll())


def _cell(loads: Sequence[Answers]) -> str:
    rate, p50, p99 = (statistics.median(getattr(load, name) for load in loads) for name in ("rate", "p50", "p99"))
    return f"{rate:.0f}, {p50 * 1000:.1f}, {p99 * 1000:.1f}"
