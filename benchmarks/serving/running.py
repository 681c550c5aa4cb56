"""A server that runs: started, waited for, weighed, ended."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load import Row
    from peers import Peer

__all__ = ["Running", "running"]

_START_SECONDS = 90
_END_SECONDS = 20
_GOOD = 200


class Running(NamedTuple):
    """A server that answers.

    Args:
        port: Where.
        first_answer: Seconds from its start to the first 200.
        pid: Of its first process.
        body: What that answer was.
    """

    port: int
    first_answer: float
    pid: int
    body: bytes

    def megabytes(self) -> float:
        """Weigh all its processes by their proportional share of memory (PSS), so that shared pages count once."""
        return sum(map(_pss, _family(self.pid))) / 2**10


@contextmanager
def running(peer: Peer, programs: Path, model: Path, row: Row) -> Iterator[Running]:
    """Start a server in a session of its own, and end all of it.

    Args:
        peer: The server.
        programs: Of its environment.
        model: The model's folder.
        row: What to ask it until it answers.

    Yields:
        The server, as soon as it answers.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, *arguments = peer.command(port, folder)
        log = folder / "log"
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(programs / first), *arguments],
                env=_variables(programs, model, port, folder),
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            body = _first_answer(port, row, process, log)
            yield Running(port, time.perf_counter() - started, process.pid, body)
        finally:
            _end(process)


def _variables(programs: Path, model: Path, port: int, folder: Path) -> dict[str, str]:
    """Give each worker one thread: two workers share two cores with the client."""
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {
        "PATH": path,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).resolve().parent / "apps"),
        "BENCH_MODEL": str(model),
        "BENCH_PORT": str(port),
        "BENTOML_DO_NOT_TRACK": "True",
        "SAGEMAKER_BASE_DIR": str(model.parent),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
        "BYOML_FRAMEWORK": "xgboost" if (model / "xgboost-model").exists() else "sklearn",
        **one_thread,
    }


def _first_answer(port: int, row: Row, process: subprocess.Popen[bytes], log: Path) -> bytes:
    deadline = time.monotonic() + _START_SECONDS
    told = ""
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", row.path, row.body, {"Content-Type": row.content_type, "Accept": row.accept})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == _GOOD:
                return body
            told = f"{answer.status}: {body[:500]!r}"
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.01)
    end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise TimeoutError(f"no 200 (exit code {process.poll()}); last answer {told}; end of its log:\n{end}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server in its own way, then whatever is left of its session."""
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    """Find one between those that systems give away by themselves and those of services; others are derived from it."""
    for port in range(18800, 19800):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError("no free port")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    own = [int(child) for task in children.parent.parent.iterdir() for child in (task / "children").read_text().split()]
    return [pid, *(each for child in own for each in _family(child))]


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
