"""How values are spread: the borders of the buckets, and what was counted between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

__all__ = ["BATCH_BOUNDS", "SECONDS_BOUNDS", "Histogram"]

#: From a tenth of a millisecond, which a constant answer takes, to the hour that a batch transform allows; close
#: enough that a percentile read from them is right to a quarter.
SECONDS_BOUNDS = (
    *(0.0001, 0.00015, 0.00025, 0.0004, 0.0006, 0.001, 0.0015, 0.0025, 0.004, 0.006, 0.01, 0.015, 0.025, 0.04, 0.06),
    *(0.1, 0.15, 0.25, 0.4, 0.6, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
)
#: Requests that were predicted together.
BATCH_BOUNDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


@dataclass(frozen=True)
class Histogram:
    """What was counted.

    Args:
        bounds: The largest value of each bucket but the last, which has no bound.
        counts: How many values fell into each bucket.
        total: The sum of all values.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def cumulated(self) -> tuple[int, ...]:
        """How many values are at most as large as each bound, and last how many there are."""
        return tuple(accumulate(self.counts))
