"""Whether predictions are quick enough to be made on the event loop, where no thread must be woken for them.

Waking a thread costs a request more than the prediction of a small model does; a slow one on the loop would hold up
`/ping` and every other request. So it is measured, all the time.
"""

from __future__ import annotations

__all__ = ["Pace"]

_QUICK_SECONDS = 0.002
_SLOW_SECONDS = 0.01
_PROOF = 4  # quick batches in a row


class Pace:
    """Judges by the batches so far: some quick ones in a row allow the loop, a slow one there forbids it again.

    Args:
        possible: Whether the loop may be used at all.
    """

    def __init__(self, *, possible: bool) -> None:
        self._possible = possible
        self._proofs = 0
        self.quick = False

    def saw(self, seconds: float) -> None:
        """Take note of how long a batch took, wherever it was predicted."""
        if seconds > (_SLOW_SECONDS if self.quick else _QUICK_SECONDS):
            self._proofs, self.quick = 0, False
        elif not self.quick:
            self._proofs += 1
            self.quick = self._possible and self._proofs >= _PROOF
