"""Waiting for the names of peers; the names here are found, or are none, without asking any network."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from byoml.cluster import wait_for_names
from byoml.errors import HostUnreachableError

# A label of a host name has at most 63 characters: no resolver is even asked.
_NO_NAME = "x" * 64


def test_peers_that_have_addresses_are_not_waited_for() -> None:
    """Addresses and localhost are found at once."""
    started = time.monotonic()
    wait_for_names(["localhost", "127.0.0.1", "127.0.0.2"], seconds=30)
    assert time.monotonic() - started < 5


def test_a_job_of_one_host_waits_for_nobody() -> None:
    """No peers, no time."""
    wait_for_names([], seconds=0)


def test_the_error_names_every_missing_host_and_no_other() -> None:
    """All hosts are waited for at once, so the error can name all that are missing."""
    with pytest.raises(HostUnreachableError) as caught:
        wait_for_names(["127.0.0.1", _NO_NAME, _NO_NAME + "y"], seconds=0.3)
    assert f"{_NO_NAME}, {_NO_NAME}y within 0.3 s" in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_stop_ends_the_wait_at_once() -> None:
    """SIGTERM while waiting raises, and does not wait for the threads' own deadline."""
    code = (
        "import sys\n"
        "from byoml.child import Stopped, Stopper\n"
        "from byoml.cluster import wait_for_names\n"
        "with Stopper().listening():\n"
        "    try:\n"
        "        print('waiting', flush=True)\n"
        f"        wait_for_names(['{_NO_NAME}'], 600)\n"
        "    except Stopped as stopped:\n"
        "        sys.exit(stopped.exit_code)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
