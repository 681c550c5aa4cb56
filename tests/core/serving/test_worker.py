"""A worker's first moments, when signals still reach what it has inherited from the arbiter."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The worker's start beyond its first moments needs an arbiter: without one it ends with an AttributeError.
_START = """
import os, signal, sys
from queue import SimpleQueue
from byoml.serving.worker import Worker

worker = object.__new__(Worker)
worker.arbiters_signals = SimpleQueue()
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: worker.arbiters_signals.put(number))
for name in sys.argv[1:]:
    os.kill(os.getpid(), signal.Signals[name])
try:
    worker.init_process()
except AttributeError:
    sys.exit(99)
"""


@pytest.mark.parametrize(("heard", "code"), [(["SIGTERM"], 0), (["SIGHUP", "SIGTERM"], 0), ([], 99), (["SIGHUP"], 99)])
def test_a_stop_before_the_workers_own_handlers_is_not_swallowed(heard: list[str], code: int) -> None:
    """The worker ends at once, as it has nothing in flight; without a stop it goes on to start."""
    assert subprocess.run([sys.executable, "-c", _START, *heard], check=False).returncode == code
