"""Requests wait here while the model is busy; when it is free, all that wait go as one batch.

Nothing waits for a timer: an idle server answers at once, a busy one in batches that grow with its load. Small
requests to a model that has shown itself quick are predicted on the event loop, all that came together at once; the
others in threads.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from byoml.request_errors import Overloaded, PredictionTimeout
from byoml.serving.batch import Done, Waiting, predicted
from byoml.serving.pace import Pace

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from byoml.plugin.values import Invocation, ServerSettings
    from byoml.serving.batch import Batch
    from byoml.serving.engine import Answer, Engine

__all__ = ["PredictionQueue"]

# What may be decoded and predicted on the event loop: bytes of one body, and requests before it looks around again.
_SMALL_BYTES = 2**14
_TOGETHER = 64


class PredictionQueue:
    """Hands invocations from the event loop to the threads that predict.

    The thread that loads the model is the first that predicts, as some libraries tie a model to its thread.

    Args:
        settings: Threads, limits and the timeout.
        loop: The worker's event loop.
        observe: Called in the event loop with each batch that is done.
    """

    def __init__(
        self, settings: ServerSettings, loop: asyncio.AbstractEventLoop, observe: Callable[[Batch], None] | None = None
    ) -> None:
        self._settings = settings
        self._loop = loop
        self._observe = observe
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self.threads: list[threading.Thread] = []
        self._handed = 0  # to the threads, and not yet back
        self._pace = Pace(possible=False)
        self._engine: Engine | None = None
        self._near: list[Waiting] = []  # predicted on the loop as soon as the threads are done
        self._draining = False  # nothing more goes to the threads for now

    @property
    def waiting(self) -> int:
        return self._queue.qsize() + len(self._near)

    def start(self, load: Callable[[], Engine | None]) -> None:
        """Start the first thread, which loads, then the others.

        Args:
            load: Gives the engine, or None where loading failed.
        """
        self._thread(0, self._first, load)

    def stop(self) -> None:
        for _ in range(self._settings.threads):
            self._queue.put(None)

    @property
    def ended(self) -> bool:
        """Whether the user's function for the end has returned, where there is one."""
        return self._engine is None or not self._engine.closes or not self.threads[0].is_alive()

    def _thread(self, number: int, work: Callable[[Any], None], argument: object) -> None:
        self.threads.append(threading.Thread(None, work, f"byoml-predict-{number}", (argument,), daemon=True))
        self.threads[-1].start()

    def answer(self, invocation: Invocation) -> asyncio.Future[Answer]:
        """Take an invocation in.

        Args:
            invocation: The request.

        Returns:
            Its answer, or why there is none: Overloaded where too many wait already, PredictionTimeout where it took
            too long, or whatever RequestError the engine gives.
        """
        future: asyncio.Future[Answer] = self._loop.create_future()
        waiting = self.waiting
        if waiting >= self._settings.queue_limit:
            future.set_exception(Overloaded(waiting))
            return future
        mine = Waiting(invocation, future, perf_counter())
        free = self._draining or not self._handed
        if free and self._pace.quick and len(invocation.body) <= _SMALL_BYTES:
            self._keep(mine)
        else:
            self._hand(mine)
        return future

    def _hand(self, waiting: Waiting) -> None:
        """Give a request to the threads, after those that came before it."""
        near, self._near, self._draining = self._near, [], False
        for each in (*near, waiting):
            self._limit_time(each.future)
            self._handed += 1
            self._queue.put(each)

    def _keep(self, waiting: Waiting) -> None:
        """Let what else has come join in, then predict right here; not before the threads are done."""
        if self._handed:
            self._limit_time(waiting.future)
        elif not self._near:
            self._loop.call_soon(self._look_around, 0)
        self._near.append(waiting)

    def _look_around(self, seen: int) -> None:
        """Predict as soon as a turn of the loop has brought no one more: who came together is read over some turns."""
        if seen < len(self._near) < _TOGETHER:
            self._loop.call_soon(self._look_around, len(self._near))
        else:
            self._predict_near()

    def _predict_near(self) -> None:
        batch, self._near = self._near[:_TOGETHER], self._near[_TOGETHER:]
        if self._near:
            self._loop.call_soon(self._predict_near)
        if batch and self._engine is not None:
            done = predicted(self._engine, batch)
            self._pace.on_loop(len(batch), done.seconds)
            self._deliver(done)

    def _limit_time(self, future: asyncio.Future[Answer]) -> None:
        timer = self._loop.call_later(self._settings.timeout, self._expire, future)
        future.add_done_callback(lambda _: timer.cancel())

    def _expire(self, future: asyncio.Future[Answer]) -> None:
        if not future.done():
            future.set_exception(PredictionTimeout(self._settings.timeout))

    def _first(self, load: Callable[[], Engine | None]) -> None:
        engine = load()
        if engine is None:
            return
        self._engine = engine
        self._pace = Pace(possible=engine.anywhere and self._settings.threads == 1)
        for number in range(1, self._settings.threads):
            self._thread(number, self._work, engine)
        self._work(engine)
        for thread in self.threads[1:]:
            thread.join()
        engine.close()

    def _work(self, engine: Engine) -> None:
        limit = self._settings.batch_limit if engine.batchable else 1
        while True:
            batch = self._next_batch(limit)
            if batch is None:
                return
            start = thread_time()
            done = predicted(engine, batch)
            self._loop.call_soon_threadsafe(self._back, len(batch), done, thread_time() - start)
            done.pump(self._loop)
            del batch, done  # or their bodies, which may be large, would lie here until the next request

    def _back(self, number: int, done: Done, busy: float) -> None:
        self._handed -= number
        self._pace.in_thread(number, done.seconds, busy)
        self._deliver(done)
        self._draining = self._handed > 0 and self._pace.quick
        if not self._handed:
            self._predict_near()

    def _deliver(self, done: Done) -> None:
        done.hand_over()
        if self._observe is not None and done.waiting:
            self._observe(done.measured())

    def _next_batch(self, limit: int) -> list[Waiting] | None:
        """Wait for one, and take what waits with it; None: stop."""
        waiting = self._queue.get()
        if waiting is None:
            return None
        batch = [waiting]
        while len(batch) < limit:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                self._queue.put(None)
                break
            batch.append(waiting)
        return batch
