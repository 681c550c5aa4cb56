"""gunicorn's arbiter, which starts no more workers than memory holds, and says why one was killed."""

from __future__ import annotations

import logging
import os
import signal
from time import monotonic
from typing import TYPE_CHECKING, Any

from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from byoml.environment.memory import probe_memory
from byoml.serving.crew import Crew, fitting
from byoml.serving.headroom import size_of
from byoml.serving.memory import private_bytes

if TYPE_CHECKING:
    from byoml.environment.serving_env import ServingEnv
    from byoml.serving.plan import Plan
    from byoml.serving.server import Server

__all__ = ["CrewArbiter", "make_crew"]

_log = logging.getLogger("byoml.serving")
_MEGABYTE = 2**20
# What a worker is taken to need before one has been measured: libraries, and a model that grows when it is read.
_LIBRARIES = 256 * _MEGABYTE
_GROWTH = 3
_REMEDY = (
    "set SAGEMAKER_MODEL_SERVER_WORKERS to fewer workers, send smaller requests, or take an instance with more memory"
)


def make_crew(plan: Plan) -> Crew:
    """Let all workers load at once where memory is ample, else one first; a number that was said is kept.

    Args:
        plan: The endpoint.
    """
    workers = plan.settings.workers
    if workers == 1 or plan.multi_model or plan.engine is not None or _said(plan.env):
        return Crew(workers)
    free = _free(plan)
    needed = workers * (_LIBRARIES + _GROWTH * size_of(plan.env.paths.model))
    return Crew(workers, first_alone=free is not None and free < needed)


def _said(env: ServingEnv) -> bool:
    return env.workers_said or bool(env.environ.get("SAGEMAKER_NUM_MODEL_WORKERS"))


def _free(plan: Plan) -> int | None:
    memory = probe_memory()
    return None if memory is None else memory.free - plan.env.spare_megabytes * _MEGABYTE


class CrewArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """Starts workers as the crew says.

    Args:
        app: The server.
    """

    app: Server

    def __init__(self, app: Server) -> None:
        super().__init__(app)
        self._readiness = app.readiness
        self._crew: Crew | None = None

    def manage_workers(self) -> None:
        """Start those that are missing; called again and again."""
        if self._crew is None:  # the model may have been loaded before the fork meanwhile
            self._crew = make_crew(self.app.plan)
        if not self._crew.measured and self._readiness.loaded:
            self._measure(self._crew)
        self.num_workers = self._crew.number(len(self.WORKERS), self._readiness.loaded, monotonic())
        super().manage_workers()

    def _measure(self, crew: Crew) -> None:
        """Count those that have their model, and how many more fit beside them."""
        loaded = [worker for worker in self.WORKERS.values() if self._readiness.has_loaded(worker.age)]
        sizes = [size for worker in loaded if (size := private_bytes(worker.pid)) is not None]
        free, before = _free(self.app.plan), crew.wanted
        taken = max(sizes, default=0) - (private_bytes(os.getpid()) or 0)
        self._settle(len(loaded) + fitting(free, taken) if free is not None and sizes else before)
        if crew.wanted < before:
            _log.warning(
                "%d workers in place of %d: each takes %d MB, and %d MB are left beside the %d MB that stay free; "
                "BYOML_SPARE_MEMORY_MB says how much that is, SAGEMAKER_MODEL_SERVER_WORKERS how many workers",
                crew.wanted,
                before,
                taken // _MEGABYTE,
                max(0, free or 0) // _MEGABYTE,
                self.app.plan.env.spare_megabytes,
            )

    def _settle(self, number: int) -> None:
        assert self._crew is not None  # noqa: S101  manage_workers has made it
        self._crew.settle(number)
        self._expect()

    def _expect(self) -> None:
        if self._crew is not None and self._readiness.expect(self._crew.wanted):
            _log.info("ready: /ping answers 200 from now on")

    def reap_workers(self) -> None:
        """Take in who has ended; tell what users can do about one that the system has killed."""
        killed = [worker for pid, worker in self.WORKERS.items() if _was_killed(pid) and not worker.aborted]
        loaded = {worker.age for worker in killed if self._readiness.has_loaded(worker.age)}
        super().reap_workers()
        if not self.LISTENERS:  # a stop, which kills who takes too long
            return
        for worker in killed:
            self._mourn(worker, loaded=worker.age in loaded)

    def _mourn(self, worker: Any, *, loaded: bool) -> None:
        memory = probe_memory()
        limit = f" of {memory.total // _MEGABYTE} MB" if memory else ""
        doing = "while it served" if loaded else "while it loaded its model"
        _log.error(
            "worker %d was killed by SIGKILL %s: most probably the memory%s was used up, by %d workers with a model "
            "each; %s",
            worker.pid,
            doing,
            limit,
            len(self.WORKERS) + 1,
            _REMEDY,
        )
        crew = self._crew
        if crew is not None and not crew.died(monotonic(), loaded=loaded, left=self._readiness.loaded):
            raise HaltServer(f"the model does not fit into the memory: no worker has lived to load it; {_REMEDY}", 1)
        self._expect()


def _was_killed(pid: int) -> bool:
    """Tell without reaping it whether a child has ended by SIGKILL."""
    try:
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return end is not None and end.si_code in (os.CLD_KILLED, os.CLD_DUMPED) and end.si_status == signal.SIGKILL
