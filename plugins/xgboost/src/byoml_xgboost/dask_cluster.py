"""Dask's cluster of a job: the scheduler on the first host, and on each host a worker for each GPU, or one."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from byoml.cluster import wait_for_names

from byoml_xgboost.errors import DaskMissingError, TrackerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.plugin.algorithm import AlgorithmJob

__all__ = ["PORT", "client_of", "help_along", "require"]

#: Where the scheduler listens, as in AWS's container.
PORT = 8786
_JOIN_SECONDS = 900
_SETTINGS = {
    "distributed.comm.timeouts.connect": f"{_JOIN_SECONDS}s",
    "logging.distributed": "warning",
}


def require() -> None:
    """Load Dask with our settings, some of which it reads at its import; raises DaskMissingError."""
    try:
        import dask

        dask.config.set(_SETTINGS)
        import distributed  # noqa: F401
    except ModuleNotFoundError:
        raise DaskMissingError from None


@contextmanager
def client_of(job: AlgorithmJob) -> Iterator[Any]:
    """Run the scheduler and this host's workers, on the job's first host.

    Args:
        job: The job.

    Yields:
        A client, as soon as the workers of all hosts are there.

    Raises:
        TrackerError: They did not come in time.
    """
    from distributed import Client, Scheduler, SpecCluster

    address = _address(job.hosts[0])
    scheduler = {"cls": Scheduler, "options": {"host": address, "port": PORT, "dashboard": False}}
    with (
        SpecCluster(workers=dict(enumerate(_workers(job))), scheduler=scheduler, silence_logs=False) as cluster,
        Client(cluster) as client,
    ):
        wanted = len(job.hosts) * len(_workers(job))
        try:
            client.wait_for_workers(wanted, timeout=_JOIN_SECONDS)
        except TimeoutError as error:
            raise TrackerError(job.hosts[0], PORT, _JOIN_SECONDS, str(error)) from None
        yield client


def help_along(job: AlgorithmJob) -> None:
    """Run this host's workers until the first host has no more work for them.

    Args:
        job: The job.

    Raises:
        TrackerError: The scheduler was not there in time.
    """
    wait_for_names(job.hosts, _JOIN_SECONDS)
    asyncio.run(_work(job))


async def _work(job: AlgorithmJob) -> None:
    scheduler = f"tcp://{_address(job.hosts[0])}:{PORT}"
    nannies = [worker["cls"](scheduler, **worker["options"]) for worker in _workers(job)]
    try:
        await asyncio.gather(*nannies)
    except (OSError, TimeoutError) as error:
        raise TrackerError(job.hosts[0], PORT, _JOIN_SECONDS, str(error)) from None
    await asyncio.gather(*(nanny.finished() for nanny in nannies))


def _workers(job: AlgorithmJob) -> list[dict[str, Any]]:
    from distributed import Nanny

    count = max(job.gpus, 1)
    threads = max((len(os.sched_getaffinity(0))) // count, 1)
    options = {"nthreads": threads, "host": _address(job.host), "dashboard": False}
    return [
        {"cls": Nanny, "options": {**options, "env": {"CUDA_VISIBLE_DEVICES": str(gpu)} if job.gpus else {}}}
        for gpu in range(count)
    ]


def _address(host: str) -> str:
    return str(socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)[0][4][0])
