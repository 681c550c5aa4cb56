"""Requests that are answered together: waiting, predicted, handed back."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from byoml.request_errors import HandlerFailed, RequestError
from byoml.serving.engine import Answer
from byoml.serving.streaming import Stream

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from byoml.plugin.values import Invocation
    from byoml.serving.engine import Engine

__all__ = ["Batch", "Done", "Waiting", "predicted"]


class Waiting(NamedTuple):
    """One request, whose client waits for the future; `came` is when it was put into the queue."""

    invocation: Invocation
    future: asyncio.Future[Answer]
    came: float


class Batch(NamedTuple):
    """Requests that were answered together, for whoever measures them; moments are those of `time.perf_counter`.

    Args:
        invocations: The requests.
        came: When each was put into the queue.
        answers: What each gets.
        times: When they were taken, decoded, predicted and encoded; fewer where that broke off.
    """

    invocations: Sequence[Invocation]
    came: Sequence[float]
    answers: Sequence[Answer | RequestError]
    times: Sequence[float]


class Done(NamedTuple):
    """Requests with their answers; `times` are those of Batch."""

    waiting: Sequence[Waiting]
    answers: Sequence[Answer | RequestError]
    times: Sequence[float]

    @property
    def seconds(self) -> float:
        return self.times[-1] - self.times[0]

    def hand_over(self) -> None:
        """Give each client its answer; called in the event loop."""
        for waiting, answer in zip(self.waiting, self.answers, strict=True):
            _hand_over(waiting.future, answer)

    def pump(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run streams to their ends; called in the thread that predicts."""
        for answer in self.answers:
            if isinstance(answer, Answer) and isinstance(answer.body, Stream):
                answer.body.pump(loop)

    def measured(self) -> Batch:
        invocations, _, came = zip(*self.waiting, strict=True)
        return Batch(invocations, came, self.answers, self.times)


def predicted(engine: Engine, batch: Sequence[Waiting]) -> Done:
    """Answer those whose clients still wait, and say when what was done.

    Args:
        engine: The model.
        batch: The requests.

    Returns:
        Those that were answered, each with an answer or an error.
    """
    times = [perf_counter()]
    wanted = [waiting for waiting in batch if not waiting.future.done()]
    answers = _answers(engine, [waiting.invocation for waiting in wanted], times)
    times.append(perf_counter())
    return Done(wanted, answers, times)


def _answers(engine: Engine, invocations: Sequence[Invocation], times: list[float]) -> Sequence[Answer | RequestError]:
    """Answer, and outlive what the engine did not foresee: without the thread every later request would wait."""
    try:
        return engine.answer(invocations, times)
    except Exception as error:  # noqa: BLE001  the thread must live on, and the requests get the error
        failed = HandlerFailed("the server", error)
        failed.__cause__ = error  # each request's line in the log has its traceback
        return [failed] * len(invocations)


def _hand_over(future: asyncio.Future[Answer], answer: Answer | RequestError) -> None:
    if future.done():
        if isinstance(answer, Answer) and isinstance(answer.body, Stream):
            answer.body.abandon()
    elif isinstance(answer, RequestError):
        future.set_exception(answer)
    else:
        future.set_result(answer)
