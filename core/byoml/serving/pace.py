"""Whether predictions are quick enough to be made on the event loop, where no thread must be woken for them.

Waking a thread costs a request more than the prediction of a small model does; a slow one on the loop would hold up
`/ping` and every other request. So it is measured, all the time.
"""

from __future__ import annotations

__all__ = ["Pace"]

_PROOFS = 4  # quick batches in a row
_MOST_PROOFS = 256
_STRIKES = 3  # slow ones in a row: one may only have had to wait for a core
# A batch may take some time, and more for each of its requests.
_QUICK_SECONDS, _QUICK_EACH = 0.002, 0.0001
_SLOW_SECONDS, _SLOW_EACH = 0.01, 0.0005
_FAR_TOO_LONG = 0.1


class Pace:
    """Judges by the batches so far: quick ones in a thread allow the loop, slow ones on the loop forbid it again.

    Each time that it is forbidden, more proof is asked for the next time.

    Args:
        possible: Whether the loop may be used at all.
    """

    def __init__(self, *, possible: bool) -> None:
        self._possible = possible
        self._needed = _PROOFS
        self._proofs = 0
        self._strikes = 0
        self.quick = False

    def in_thread(self, number: int, seconds: float, busy: float) -> None:
        """Take note of a batch that was predicted in a thread.

        Args:
            number: Its requests.
            seconds: How long it took; under load, much of that is waiting for the loop to let go of the interpreter.
            busy: How long it computed.
        """
        quick = busy <= _QUICK_SECONDS + _QUICK_EACH * number and seconds <= _FAR_TOO_LONG
        self._proofs = self._proofs + 1 if quick else 0
        if self._possible and self._proofs >= self._needed:
            self.quick = True

    def on_loop(self, number: int, seconds: float) -> None:
        """Take note of a batch that was predicted on the loop; the arguments are those of `in_thread`."""
        slow = seconds > _SLOW_SECONDS + _SLOW_EACH * number
        self._strikes = self._strikes + 1 if slow else 0
        if self._strikes >= _STRIKES or seconds > _FAR_TOO_LONG:
            self.quick, self._proofs, self._strikes = False, 0, 0
            self._needed = min(2 * self._needed, _MOST_PROOFS)
