"""Requests wait here while the model is busy; when it is free, all that wait go as one batch.

Nothing waits for a timer: an idle server answers at once, a busy one in batches that grow with its load.
"""

from __future__ import annotations

import logging
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from byoml.request_errors import HandlerFailed, Overloaded, PredictionTimeout, RequestError
from byoml.serving.engine import Answer
from byoml.serving.streaming import Stream

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

    from byoml.plugin.values import Invocation, ServerSettings
    from byoml.serving.engine import Engine

__all__ = ["PredictionQueue"]

_log = logging.getLogger("byoml.serving")
_Waiting = tuple["Invocation", "asyncio.Future[Answer]"]


class PredictionQueue:
    """Hands invocations from the event loop to the threads that predict.

    The thread that loads the model is the first that predicts, as some libraries tie a model to its thread.

    Args:
        settings: Threads, limits and the timeout.
        loop: The worker's event loop.
    """

    def __init__(self, settings: ServerSettings, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._loop = loop
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()

    def start(self, load: Callable[[], Engine | None]) -> None:
        """Start the first thread, which loads, then the others.

        Args:
            load: Gives the engine, or None where loading failed.
        """
        threading.Thread(target=self._first, args=(load,), name="byoml-predict-0", daemon=True).start()

    def stop(self) -> None:
        for _ in range(self._settings.threads):
            self._queue.put(None)

    async def answer(self, invocation: Invocation) -> Answer:
        """Wait for an invocation's answer.

        Args:
            invocation: The request.

        Returns:
            The answer.

        Raises:
            Overloaded: Too many wait already.
            PredictionTimeout: It took too long.
            RequestError: Whatever the engine says of it.
        """
        waiting = self._queue.qsize()
        if waiting >= self._settings.queue_limit:
            raise Overloaded(waiting)
        future: asyncio.Future[Answer] = self._loop.create_future()
        timer = self._loop.call_later(self._settings.timeout, self._expire, future)
        try:
            self._queue.put((invocation, future))
            return await future
        finally:
            timer.cancel()

    def _expire(self, future: asyncio.Future[Answer]) -> None:
        if not future.done():
            future.set_exception(PredictionTimeout(self._settings.timeout))

    def _first(self, load: Callable[[], Engine | None]) -> None:
        engine = load()
        if engine is None:
            return
        for number in range(1, self._settings.threads):
            name = f"byoml-predict-{number}"
            threading.Thread(target=self._work, args=(engine,), name=name, daemon=True).start()
        self._work(engine)

    def _work(self, engine: Engine) -> None:
        limit = self._settings.batch_limit if engine.batchable else 1
        while True:
            batch = self._next_batch(limit)
            if batch is None:
                return
            wanted = [(invocation, future) for invocation, future in batch if not future.done()]
            answers = _answers(engine, [invocation for invocation, _ in wanted])
            self._loop.call_soon_threadsafe(_deliver, zip([future for _, future in wanted], answers, strict=True))
            self._pump(answers)

    def _pump(self, answers: Iterable[Answer | RequestError]) -> None:
        for answer in answers:
            if isinstance(answer, Answer) and isinstance(answer.body, Stream):
                answer.body.pump(self._loop)

    def _next_batch(self, limit: int) -> list[_Waiting] | None:
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


def _answers(engine: Engine, invocations: Sequence[Invocation]) -> Sequence[Answer | RequestError]:
    """Answer, and outlive what the engine did not foresee: without the thread every later request would wait."""
    try:
        return engine.answer(invocations)
    except Exception as error:  # noqa: BLE001  the thread must live on, and the requests get the error
        _log.exception("requests %s failed", ", ".join(invocation.request_id for invocation in invocations))
        return [HandlerFailed("the server", error)] * len(invocations)


def _deliver(results: Iterable[tuple[asyncio.Future[Answer], Answer | RequestError]]) -> None:
    for future, answer in results:
        if future.done():
            if isinstance(answer, Answer) and isinstance(answer.body, Stream):
                answer.body.abandon()
        elif isinstance(answer, RequestError):
            future.set_exception(answer)
        else:
            future.set_result(answer)
