"""How values are spread: the borders of the buckets, and what was counted between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

__all__ = ["BATCH_BOUNDS", "SECONDS_BOUNDS", "Histogram"]

#: From a tenth of a millisecond, which a constant answer takes, to the hour that a batch transform allows.
SECONDS_BOUNDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0),
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
