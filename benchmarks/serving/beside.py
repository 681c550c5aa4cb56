"""An endpoint of ours beside Flask with the same model, round by round, and what that gives as a table."""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from load import Answers, Row, wrk, wrk_is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from byoml.testing.container import Container
    from numpy.typing import NDArray

__all__ = ["Comparison", "compare"]

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 3)
CLIENTS = (1, 8, 32)
BYOML = "byoml"
_NPY = "application/x-npy"
_APPS = Path(__file__).resolve().parent / "apps"
_START_SECONDS = 300
_WARM_SECONDS = 1
_PORT = 18800


class Comparison(NamedTuple):
    """What all servers answered.

    Args:
        loads: By server, in each round what came back for each number of clients.
        started: By server, seconds to the first 200 of `/ping`, in each round.
    """

    loads: Mapping[str, list[dict[int, Answers]]]
    started: Mapping[str, list[float]]

    def show(self, capsys: pytest.CaptureFixture[str], size: str = "") -> None:
        """Print the table, with the size of what was served where it may change; fail where ours did."""
        said = [time.strftime("%Y-%m-%d"), *([size] if size else []), f"{os.cpu_count()} CPUs"]
        with capsys.disabled():
            print(f"\n{', '.join(said)}, medians of {ROUNDS} rounds of {SECONDS:.0f} s\n\n{self.table()}")
        if any(load.failed for each in self.loads[BYOML] for load in each.values()):
            pytest.fail(f"byoml failed to answer some requests: {self.loads[BYOML]}")

    def table(self) -> str:
        """Write medians, and how many times as many requests ours answers as each other one."""
        heads = [f"{clients}: req/s, p50, p99 ms" for clients in CLIENTS]
        lines = [f"| server | {' | '.join(heads)} | first 200, s |", "| --- " * (len(heads) + 2) + "|"]
        for name, loads in self.loads.items():
            cells = [_cell([each[clients] for each in loads]) for clients in CLIENTS]
            lines.append(f"| {name} | {' | '.join(cells)} | {statistics.median(self.started[name]):.1f} |")
        for name in [name for name in self.loads if name != BYOML]:
            cells = [f"{self._ratio(name, clients):.2f}" for clients in CLIENTS]
            lines.append(f"| {BYOML} against {name} | {' | '.join(cells)} | |")
        return "\n".join(lines)

    def _ratio(self, theirs: str, clients: int) -> float:
        """Compare round by round, so that what else the machine does falls on neighbours alike."""
        pairs = zip(self.loads[BYOML], self.loads[theirs], strict=True)
        return statistics.median(one[clients].rate / max(other[clients].rate, 0.01) for one, other in pairs)


def compare(
    container: Container, write_model: str, array: NDArray[Any], app: str, flasks: Mapping[str, Mapping[str, str]]
) -> Comparison:
    """Start each server in turn, load it, and end it before the next one starts.

    Args:
        container: Ours, with two workers.
        write_model: A program that writes the model into the folder of its argument: in a process of its own, as the
            library would else stay in this one.
        array: What every client sends.
        app: The module of `apps` whose `app` serves the same model.
        flasks: By name, the variables of each Flask beside those of the container.

    Returns:
        What came back.
    """
    if not wrk_is_there():
        pytest.skip("there is no wrk (Debian's package `wrk`)")
    model = str(container.paths.model)
    subprocess.run([sys.executable, "-c", write_model, model], check=True, capture_output=True)
    body = io.BytesIO()
    np.save(body, array)
    row = Row("/invocations", body.getvalue(), _NPY, _NPY)
    servers: dict[str, Callable[[], AbstractContextManager[int]]] = {BYOML: partial(_ours, container)}
    for name, variables in flasks.items():
        servers[name] = partial(_flask, app, {**container.environment(variables), "BENCH_MODEL": model})
    found = Comparison({name: [] for name in servers}, {name: [] for name in servers})
    for _ in range(ROUNDS):
        for name, server in servers.items():
            begun = time.perf_counter()
            with server() as port:
                found.started[name].append(time.perf_counter() - begun)
                wrk(port, row, max(CLIENTS), _WARM_SECONDS)  # whatever is made at the first requests
                found.loads[name].append({count: wrk(port, row, count, SECONDS) for count in CLIENTS})
    return found


@contextmanager
def _ours(container: Container) -> Iterator[int]:
    with container.serve(timeout=_START_SECONDS) as endpoint:
        yield endpoint.port


@contextmanager
def _flask(app: str, variables: Mapping[str, str]) -> Iterator[int]:
    """Run an app of `apps` as people do, gunicorn with two workers of eight threads; gives its port once it answers."""
    options = [f"--bind=127.0.0.1:{_PORT}", "--workers=2", "--threads=8", "--timeout=120", "--log-level=warning"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, f"{app}:app"],
        env={**variables, "PYTHONPATH": str(_APPS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{_PORT}/ping", process)
        yield _PORT
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
