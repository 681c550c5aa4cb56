"""An endpoint of ours with one worker, beside its model called directly in one process: rows a second, in turns."""

from __future__ import annotations

import http.client
import io
import os
import statistics
import sys
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["CSV", "NPY", "SIZES", "Figures", "asking", "environment", "measured", "npy", "show"]

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 1)
SIZES = (1, 100, 10_000)
CSV, NPY = "text/csv", "application/x-npy"


class Figures(NamedTuple):
    """Rows a second of one kind of request, in each round."""

    direct: list[float]
    served: list[float]

    def row(self, *names: str) -> str:
        """Write medians, and the median of what is served of each round's direct calls, as a row of a table."""
        ratio = statistics.median(served / direct for direct, served in zip(self.direct, self.served, strict=True))
        rates = (f"{statistics.median(each):,.0f}" for each in self)
        return f"| {' | '.join((*names, *rates, f'{ratio:.0%}'))} |"


def environment(framework: str) -> dict[str, str]:
    return {"BYOML_FRAMEWORK": framework, "SAGEMAKER_MODEL_SERVER_WORKERS": "1", "OMP_NUM_THREADS": "1"}


@contextmanager
def asking(port: int, body: bytes, form: str) -> Iterator[Callable[[], bytes]]:
    """Give what asks an endpoint for predictions, over one connection that is kept, and fails the test without them."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask() -> bytes:
        connection.request("POST", "/invocations", body, {"Content-Type": form, "Accept": form})
        response = connection.getresponse()
        answer = response.read()
        if response.status != HTTPStatus.OK:
            pytest.fail(f"{response.status} for {len(body)} bytes: {answer[:200]!r}")
        return answer

    try:
        yield ask
    finally:
        connection.close()


def measured(served: Callable[[], object], direct: Callable[[], object], rows: int) -> Figures:
    """Ask and call in turns, as many rows each time; each runs for SECONDS."""
    figures = Figures([], [])
    for _ in range(ROUNDS):
        figures.served.append(_rate(served) * rows)
        figures.direct.append(_rate(direct) * rows)
    return figures


def _rate(call: Callable[[], object]) -> float:
    """Call for SECONDS, at least twice; returns how often a second."""
    call()
    started, count = time.perf_counter(), 0
    while count < 1 or time.perf_counter() - started < SECONDS:
        call()
        count += 1
    return count / (time.perf_counter() - started)


def npy(table: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, table)
    return file.getvalue()


def show(capsys: pytest.CaptureFixture[str], heads: Sequence[str], rows: Sequence[str]) -> None:
    """Print a table whose last columns are those of `Figures.row`."""
    heads = [*heads, "rows a request", "direct, rows/s", "served, rows/s", ""]
    said = f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, {ROUNDS} rounds"
    with capsys.disabled():
        print("\n".join([f"\n{said}\n", f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|", *rows]))
