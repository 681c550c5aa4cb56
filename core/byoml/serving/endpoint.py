"""One worker's endpoint: it loads the model off the event loop, and says when it can predict."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from byoml import __version__
from byoml.errors import LoadTimeoutError
from byoml.request_errors import ModelNotReady
from byoml.serving.errors import Stopping
from byoml.serving.exposition import exposition
from byoml.serving.health import HealthCheck
from byoml.serving.in_flight import InFlight
from byoml.serving.loading import import_script, load_engine, tell_failure
from byoml.serving.memory import resident_bytes
from byoml.serving.queue import PredictionQueue
from byoml.serving.tracing import find_tracing
from byoml.serving.user_app import find_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from byoml.plugin.values import Invocation
    from byoml.serving.batch import Batch
    from byoml.serving.engine import Answer, Engine
    from byoml.serving.metrics import Metrics
    from byoml.serving.plan import Plan
    from byoml.serving.readiness import Readiness
    from byoml.serving.streaming import Stream
    from byoml.serving.tracing import Tracing

__all__ = ["Endpoint"]

_log = logging.getLogger("byoml.serving")
_SAMPLE_SECONDS = 0.25
_HEALTH_SECONDS = 5.0
# Requests make no cycles where no code of the user's runs, and looking for some took a twentieth of a busy worker's
# time.
_ALLOCATIONS = 10_000


class Endpoint:
    """The model's life in one worker.

    Args:
        plan: What is served.
        readiness: Shared with the other workers.
        metrics: Likewise.
        slot: This worker's place in both.
        give_up: Ends the container; called where the model cannot be loaded.
    """

    def __init__(
        self, plan: Plan, readiness: Readiness, metrics: Metrics, slot: int, give_up: Callable[[], None]
    ) -> None:
        self._plan = plan
        self._readiness = readiness
        self._slot = slot
        self._metrics = metrics
        self.meter = metrics.meter(slot)
        self._tracing: Tracing | None = None
        self._sampling: asyncio.TimerHandle | None = None
        self._load_limit: asyncio.TimerHandle | None = None
        self._give_up = give_up
        self._queue: PredictionQueue | None = None
        self._loaded = asyncio.Event()
        self.engine: Engine | None = None
        #: The user's own application, which then answers every path.
        self.app: Any = None
        self._health: HealthCheck | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.in_flight = InFlight()
        self._retired = False
        self._streams: set[Stream] = set()

    @property
    def ready(self) -> bool:
        return self._readiness.ready and not self._retired

    def retire(self) -> None:
        """Say that a stop was asked for: requests are answered, `/ping` is not 200 any more (L-6)."""
        self._retired = True

    @contextmanager
    def sending(self, stream: Stream) -> Iterator[None]:
        """Hold a stream that is being sent, so that it can be cut."""
        self._streams.add(stream)
        try:
            yield
        finally:
            self._streams.discard(stream)

    def cut_streams(self) -> None:
        """End what is being sent, with a last record that says why."""
        for stream in self._streams:
            stream.cut(Stopping())

    def start(self) -> None:
        """Begin to load, in a thread; called in the running event loop, as accepting begins right after."""
        self._loop = asyncio.get_running_loop()
        self._queue = PredictionQueue(self._plan.settings, self._loop, self._observe)
        self._sample()
        self._limit_load()
        self._queue.start(self._load)

    def _limit_load(self) -> None:
        """End the container when its start takes too long; a worker that replaces another may take its time."""
        seconds = self._plan.settings.load_timeout
        if seconds is not None and self._loop is not None and not self._readiness.began:
            self._load_limit = self._loop.call_later(seconds, self._load_overdue, seconds)

    def _load_overdue(self, seconds: float) -> None:
        tell_failure(LoadTimeoutError(seconds))
        self._give_up()

    def stop(self) -> None:
        if self._queue:
            self._queue.stop()
        if self._sampling:
            self._sampling.cancel()
        if self._tracing:
            self._tracing.stop()
        if self._health:
            self._health.stop()

    @property
    def ended(self) -> bool:
        """Whether the user's function for the end has returned, where there is one; after `stop`."""
        return self._queue is None or self._queue.ended

    @property
    def waiting(self) -> int:
        """How many requests wait for the model."""
        return self._queue.waiting if self._queue else 0

    def metrics_text(self) -> str:
        """Give the metrics of all workers, this one's as of now."""
        self.meter.sample(self.waiting)
        snapshot = self._metrics.read()
        pids = {"server": os.getppid(), **{f"worker-{each.number}": each.pid for each in snapshot.workers if each.pid}}
        sizes = {process: resident_bytes(pid) for process, pid in pids.items()}
        facts = {"version": __version__, "framework": self._plan.framework.name}
        return exposition(snapshot, facts, {process: size for process, size in sizes.items() if size is not None})

    def _sample(self) -> None:
        assert self._loop is not None  # noqa: S101  start() has set it
        self.meter.sample(self.waiting)
        self._sampling = self._loop.call_later(_SAMPLE_SECONDS, self._sample)

    def _observe(self, batch: Batch) -> None:
        taken, *borders = batch.times
        waits = [taken - came for came in batch.came]
        if len(borders) == len(("decoded", "predicted", "encoded")):
            decoded, predicted, encoded = borders
            self.meter.batch(waits, decoded - taken, predicted - decoded, encoded - predicted)
        if self._tracing is not None:
            self._tracing.record(batch)

    def answer(self, invocation: Invocation) -> Awaitable[Answer]:
        """Answer one request.

        Args:
            invocation: The request.

        Returns:
            The answer, once it is awaited; that raises ModelNotReady where the server has not loaded its model yet, and
            a RequestError for whatever else is wrong.
        """
        if self._queue is not None and self._loaded.is_set():
            return self._queue.answer(invocation)
        return self._answer_later(invocation)

    async def _answer_later(self, invocation: Invocation) -> Answer:
        await self._wait_for_load()
        assert self._queue is not None  # noqa: S101  start() runs before the first request is taken
        return await self._queue.answer(invocation)

    async def loaded(self) -> Engine | None:
        """Give the engine once it is there; raises ModelNotReady as `answer` does."""
        if not self._loaded.is_set():
            await self._wait_for_load()
        return self.engine

    async def _wait_for_load(self) -> None:
        if not self._readiness.began:
            raise ModelNotReady
        try:  # this worker replaces one that died, while the others serve: a moment's wait beats an error
            await asyncio.wait_for(self._loaded.wait(), self._plan.settings.timeout)
        except asyncio.TimeoutError:
            raise ModelNotReady from None

    def _load(self) -> Engine | None:
        start = perf_counter()
        try:
            engine = self._plan.engine or self._load_here()
            self._tracing = find_tracing(self._plan.env.environ)
        except BaseException as error:  # noqa: BLE001  whatever it is, even SystemExit of a script, the end is the same
            tell_failure(error)
        else:
            assert self._loop is not None  # noqa: S101  start() has set it
            self.engine = engine
            if engine is not None and engine.anywhere:
                gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
            self._loop.call_soon_threadsafe(self._begin, self._plan.load_seconds or perf_counter() - start)
            return self.engine
        self._give_up()
        return None

    def _load_here(self) -> Engine | None:
        """Load in this worker; an application of the user's needs no engine."""
        plan = self._plan
        module = import_script(plan.source)
        app = find_app(module, plan.settings.threads)
        if app is not None:
            _log.info("the script is itself an application (%s), which answers every path by itself", app.kind)
            self.app = app.asgi
            return None
        engine = load_engine(plan, plan.source, module, self._device)
        self._watch(engine)
        return engine

    @property
    def _device(self) -> str:
        gpus = self._plan.env.accelerators.gpus
        return f"cuda:{self._slot % gpus}" if gpus else "cpu"

    def _watch(self, engine: Engine) -> None:
        if engine.checks_health:
            seconds = self._plan.env.number("BYOML_HEALTH_SECONDS", _HEALTH_SECONDS)
            self._health = HealthCheck(engine.well, lambda well: self._readiness.feel(self._slot, well=well), seconds)
            self._health.start()

    def _begin(self, seconds: float) -> None:
        if self._load_limit is not None:
            self._load_limit.cancel()
        self.meter.loaded(seconds)
        self._loaded.set()
        if self._readiness.mark(self._slot):
            _log.info("ready: /ping answers 200 from now on")
        elif not self._readiness.began:  # the arbiter may wait for it, to measure us
            os.kill(os.getppid(), signal.SIGCHLD)
