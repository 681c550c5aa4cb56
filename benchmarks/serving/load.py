"""The client: wrk, which costs little itself, and what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

__all__ = ["Answers", "Row", "wrk", "wrk_is_there"]

_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_SCRIPT = """
wrk.method = "POST"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = "{content_type}"
wrk.headers["Accept"] = "{accept}"
"""


class Row(NamedTuple):
    """One request, as every client sends it to one server.

    Args:
        path: Where to.
        body: The bytes.
        content_type: Of the body.
        accept: What is wanted back.
    """

    path: str
    body: bytes
    content_type: str
    accept: str


class Answers(NamedTuple):
    """What one run of wrk saw.

    Args:
        rate: Answers a second.
        p50: The median latency, seconds.
        p99: The latency that one in a hundred exceeded.
        failed: Answers that were no 2xx, and broken connections.
    """

    rate: float
    p50: float
    p99: float
    failed: int


def wrk_is_there() -> bool:
    return shutil.which("wrk") is not None


def wrk(port: int, row: Row, clients: int, seconds: float) -> Answers:
    """Send one row over and over from as many keep-alive connections, all of one thread.

    Args:
        port: The server's, on this machine.
        row: What to send.
        clients: Connections, each of which waits for its answer before it sends again.
        seconds: How long; wrk counts whole ones, and at least one.

    Returns:
        What came back.
    """
    with tempfile.TemporaryDirectory() as folder:
        body, script = Path(folder, "body"), Path(folder, "post.lua")
        body.write_bytes(row.body)
        script.write_text(_SCRIPT.format(body=body, content_type=row.content_type, accept=row.accept), "utf-8")
        sizes = ["-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "--latency"]
        command = ["wrk", *sizes, "-s", str(script), f"http://127.0.0.1:{port}{row.path}"]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    return read(told.stdout)


def read(text: str) -> Answers:
    """Read what wrk prints."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if rate is None:
        raise ValueError(text)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failed = sum(int(number) for found in (wrong, broken) if found for number in found.groups())
    return Answers(float(rate[1]), _percentile(text, 50), _percentile(text, 99), failed)


def _percentile(text: str, percent: int) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * _SECONDS[found[2]]
