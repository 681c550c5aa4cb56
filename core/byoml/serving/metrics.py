"""What is counted while serving, in memory that all workers share over the fork.

Each worker writes its own row of cells, and only its event loop does, so nothing is locked. A worker that replaces a
dead one goes on in its row: no counter ever goes backwards. Any worker reads all rows.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.request_errors import RequestError
from byoml.serving.histogram import BATCH_BOUNDS, SECONDS_BOUNDS, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["PHASES", "Meter", "Metrics", "Snapshot", "WorkerState"]

#: What a request goes through, in this order.
PHASES = ("queue", "decode", "predict", "encode")
#: The type of an error that a user's class brings, so that no client and no script makes new time series.
OTHER = "other"

_STATUSES = 600
_CELL_BYTES = 8
_TIMED = len(SECONDS_BOUNDS) + 2  # the buckets, one without bound, and the sum
_SIZED = len(BATCH_BOUNDS) + 2
# A row: gauges, requests by status, the histograms, errors by type.
_PID, _IN_FLIGHT, _QUEUED, _LOAD_SECONDS, _STATUS = range(5)
_REQUEST = _STATUS + _STATUSES
_QUEUE, _DECODE, _PREDICT, _ENCODE = (_REQUEST + _TIMED * number for number in range(1, 5))
_BATCH = _ENCODE + _TIMED
_ERROR = _BATCH + _SIZED
# The sum of a histogram's values is its last cell.
_REQUEST_SUM, _QUEUE_SUM, _DECODE_SUM, _PREDICT_SUM, _ENCODE_SUM, _BATCH_SUM = (
    start - 1 for start in (_QUEUE, _DECODE, _PREDICT, _ENCODE, _BATCH, _ERROR)
)


@dataclass(frozen=True)
class WorkerState:
    """One worker as it is now.

    Args:
        number: Its row; one that replaces another has the other's.
        pid: Its process, 0 where there is none at the moment.
        in_flight: Requests that it has not answered yet.
        queued: Those of them that wait for the model.
        load_seconds: How long its model took to load, 0 while it does.
    """

    number: int
    pid: int
    in_flight: int
    queued: int
    load_seconds: float


@dataclass(frozen=True)
class Snapshot:
    """All workers' cells together.

    Args:
        requests: How many were answered, by status.
        errors: How many failed, by the type that the client read.
        seconds: From a request's head to the last byte of its answer.
        phases: The same, split; a batch's requests share its time, so the phases add up to what each of them saw.
        batches: How many requests were predicted together.
        workers: Each worker.
        restarts: How many workers were started in place of one that had died.
    """

    requests: Mapping[int, int]
    errors: Mapping[str, int]
    seconds: Histogram
    phases: Mapping[str, Histogram]
    batches: Histogram
    workers: tuple[WorkerState, ...]
    restarts: int


class Metrics:
    """The cells of all workers; made before the fork.

    Args:
        workers: How many there are.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        # Frozen before the fork, so that all workers give a type the same cell.
        self._types = (*sorted(set(_types(RequestError))), OTHER)
        self._width = _ERROR + len(self._types)
        # The last cell is the arbiter's own: workers started so far.
        self._cells = memoryview(mmap.mmap(-1, (workers * self._width + 1) * _CELL_BYTES)).cast("d")

    def claim(self, slot: int) -> None:
        """Give a row to a new worker; called in the arbiter, before the fork."""
        self._cells[-1] += 1
        self._clear(slot)

    def release(self, slot: int) -> None:
        """Forget what a dead worker was doing, and keep what it has done; called in the arbiter."""
        self._clear(slot)

    def meter(self, slot: int) -> Meter:
        """Open a row for writing; called in its worker."""
        return Meter(self._row(slot), {name: number for number, name in enumerate(self._types)})

    def read(self) -> Snapshot:
        rows = [self._row(slot) for slot in range(self._workers)]
        statuses = _summed(rows, _STATUS, _STATUSES)
        errors = _summed(rows, _ERROR, len(self._types))
        return Snapshot(
            requests={status: int(count) for status, count in enumerate(statuses) if count},
            errors={name: int(count) for name, count in zip(self._types, errors, strict=True) if count},
            seconds=_histogram(rows, _REQUEST, SECONDS_BOUNDS),
            phases={
                name: _histogram(rows, start, SECONDS_BOUNDS)
                for name, start in zip(PHASES, (_QUEUE, _DECODE, _PREDICT, _ENCODE), strict=True)
            },
            batches=_histogram(rows, _BATCH, BATCH_BOUNDS),
            workers=tuple(_state(number, row) for number, row in enumerate(rows)),
            restarts=max(0, int(self._cells[-1]) - self._workers),
        )

    def _row(self, slot: int) -> memoryview[float]:
        return self._cells[slot * self._width : (slot + 1) * self._width]

    def _clear(self, slot: int) -> None:
        row = self._row(slot)
        for gauge in (_PID, _IN_FLIGHT, _QUEUED, _LOAD_SECONDS):
            row[gauge] = 0.0


class Meter:
    """One worker's row; all of it is called in the worker's event loop.

    Args:
        cells: The row.
        types: The cell of each type of error.
    """

    def __init__(self, cells: memoryview[float], types: Mapping[str, int]) -> None:
        self._cells = cells
        self._types = types
        self._in_flight = 0
        cells[_PID] = os.getpid()

    def begin(self) -> None:
        """A request has come."""
        self._in_flight += 1

    def end(self, status: int, seconds: float, *, predicted: bool) -> None:
        """Count a request that has been answered, or whose client has gone.

        Args:
            status: What it was answered.
            seconds: Since it came.
            predicted: It asked for a prediction, so that its time counts.
        """
        self._in_flight -= 1
        cells = self._cells
        cells[_STATUS + status] += 1
        if predicted:
            cells[_REQUEST + bisect_left(SECONDS_BOUNDS, seconds)] += 1
            cells[_REQUEST_SUM] += seconds

    def fail(self, error_type: str) -> None:
        """Count an error that a client was answered."""
        self._cells[_ERROR + self._types.get(error_type, len(self._types) - 1)] += 1

    def batch(self, waits: Sequence[float], decode: float, predict: float, encode: float) -> None:
        """Count requests that were predicted together.

        Args:
            waits: Seconds that each of them waited.
            decode: Seconds that decoding them took together; likewise the others.
            predict: As `decode`.
            encode: As `decode`.
        """
        # Written out, as it is on the way of each request that is predicted alone.
        cells = self._cells
        number = len(waits)
        cells[_BATCH + bisect_left(BATCH_BOUNDS, number)] += 1
        cells[_BATCH_SUM] += number
        for seconds in waits:
            cells[_QUEUE + bisect_left(SECONDS_BOUNDS, seconds)] += 1
            cells[_QUEUE_SUM] += seconds
        cells[_DECODE + bisect_left(SECONDS_BOUNDS, decode)] += number
        cells[_DECODE_SUM] += decode * number
        cells[_PREDICT + bisect_left(SECONDS_BOUNDS, predict)] += number
        cells[_PREDICT_SUM] += predict * number
        cells[_ENCODE + bisect_left(SECONDS_BOUNDS, encode)] += number
        cells[_ENCODE_SUM] += encode * number

    def loaded(self, seconds: float) -> None:
        self._cells[_LOAD_SECONDS] = seconds

    def sample(self, queued: int) -> None:
        """Show the others what is going on; called a few times a second, so that requests do not pay for it.

        Args:
            queued: How many requests wait for the model.
        """
        self._cells[_IN_FLIGHT] = self._in_flight
        self._cells[_QUEUED] = queued


def _types(kind: type[RequestError]) -> Iterator[str]:
    for child in kind.__subclasses__():
        yield child.type
        yield from _types(child)


def _summed(rows: Sequence[memoryview[float]], start: int, number: int) -> list[float]:
    return [sum(column) for column in zip(*(row[start : start + number] for row in rows), strict=True)]


def _histogram(rows: Sequence[memoryview[float]], start: int, bounds: tuple[float, ...]) -> Histogram:
    *counts, total = _summed(rows, start, len(bounds) + 2)
    return Histogram(bounds, tuple(int(count) for count in counts), total)


def _state(number: int, row: memoryview[float]) -> WorkerState:
    return WorkerState(number, int(row[_PID]), int(row[_IN_FLIGHT]), int(row[_QUEUED]), row[_LOAD_SECONDS])
