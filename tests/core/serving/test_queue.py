"""Where predictions are made: on the event loop while they are quick, in a thread else, and never in both at once."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from byoml.codecs import Codecs
from byoml.codecs.csv import CsvCodec
from byoml.plugin.framework import Framework
from byoml.plugin.values import Capabilities, Invocation, ServerSettings
from byoml.request_errors import Overloaded, PredictionTimeout
from byoml.serving.engine import Answer, Engine
from byoml.serving.functions import InferenceFunctions
from byoml.serving.queue import PredictionQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_QUICK = 8  # predictions after which a quick model has shown itself


class _Model(Framework):
    """Gives rows back, after as many seconds as their first cell says, and notes where it ran and with how many."""

    name = "noting"
    capabilities = Capabilities(batchable=True, fork_safe=True)

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.rows: list[int] = []
        self.running = 0
        self.most = 0

    def predict_fn(self, data: Any, model: Any) -> Any:
        self.running += 1
        self.most = max(self.most, self.running)
        self.threads.append(threading.current_thread().name)
        self.rows.append(len(data))
        time.sleep(float(data[0][0]))
        self.running -= 1
        return data[:, 0]


class _Tied(_Model):
    """As one that works only in the thread that loaded it."""

    capabilities = Capabilities(batchable=True)


def _row(seconds: float, cells: int = 2) -> Invocation:
    return Invocation(b",".join([b"%.3f" % seconds] * cells), "text/csv", "text/csv", {}, "r")


def _asked(
    asking: Callable[[PredictionQueue], Awaitable[None]], framework: _Model, settings: ServerSettings | None = None
) -> _Model:
    """Run a queue with the framework's model while `asking` does."""
    bound = InferenceFunctions.bind(framework, None, None)
    engine = Engine(framework, bound, Codecs([("core", CsvCodec())]), None, Path("model"))

    async def run() -> None:
        queue = PredictionQueue(settings or ServerSettings(), asyncio.get_running_loop())
        queue.start(lambda: engine)
        try:
            await asking(queue)
        finally:
            queue.stop()
            for thread in threading.enumerate():
                if thread.name.startswith("byoml-predict-"):
                    await asyncio.to_thread(thread.join)

    asyncio.run(run())
    return framework


async def _prove(queue: PredictionQueue) -> None:
    for _ in range(_QUICK):
        await queue.answer(_row(0))


def test_a_quick_model_comes_to_predict_on_the_event_loop() -> None:
    """The first predictions are made in the thread that has loaded it, later ones wake no thread."""
    model = _asked(_prove, _Model())
    assert model.threads[0] == "byoml-predict-0"
    assert model.threads[-1] == threading.current_thread().name


@pytest.mark.parametrize(
    ("framework", "settings"), [(_Tied(), ServerSettings()), (_Model(), ServerSettings(threads=2))]
)
def test_a_tied_model_and_one_of_many_threads_stay_off_the_loop(framework: _Model, settings: ServerSettings) -> None:
    """Some libraries tie a model to its thread; and who asks for threads gets them."""
    model = _asked(_prove, framework, settings)
    assert all(name.startswith("byoml-predict-") for name in model.threads)


def test_what_comes_together_is_predicted_together_on_the_loop() -> None:
    """One batch, and each request its own row."""

    async def asking(queue: PredictionQueue) -> None:
        await _prove(queue)
        answers = await asyncio.gather(*(queue.answer(_row(number / 1000)) for number in range(5)))
        bodies = [answer.body for answer in answers]
        assert bodies == [b"0.0\n", b"0.001\n", b"0.002\n", b"0.003\n", b"0.004\n"]

    model = _asked(asking, _Model())
    assert model.rows[-1] == 5


def test_a_model_that_becomes_slow_leaves_the_loop() -> None:
    """One that takes far too long is held against it; those that follow are made in the thread."""

    async def asking(queue: PredictionQueue) -> None:
        await _prove(queue)
        await queue.answer(_row(0.15))
        await queue.answer(_row(0.15))

    model = _asked(asking, _Model())
    assert model.threads[-2:] == [threading.current_thread().name, "byoml-predict-0"]


def test_large_requests_go_to_the_thread_and_small_ones_never_run_beside_them() -> None:
    """A large body would hold up the loop; and a model that is not thread-safe predicts one thing at a time."""

    async def asking(queue: PredictionQueue) -> None:
        await _prove(queue)
        large = [_row(0.005, cells=5000) for _ in range(3)]
        small = [_row(0) for _ in range(20)]
        mixed = [request for pair in zip(large, small, strict=False) for request in pair] + small
        answers = await asyncio.gather(*map(queue.answer, mixed))
        assert len(answers) == len(mixed)

    model = _asked(asking, _Model())
    assert "byoml-predict-0" in model.threads[_QUICK:]
    assert model.most == 1


def test_small_requests_behind_a_slow_large_one_have_their_timeout() -> None:
    """Nobody waits for longer than the settings say, wherever the prediction was to be made."""

    async def asking(queue: PredictionQueue) -> None:
        await _prove(queue)
        small = asyncio.ensure_future(queue.answer(_row(0)))
        await asyncio.sleep(0)
        large = asyncio.ensure_future(queue.answer(_row(0.5, cells=5000)))
        later = [asyncio.ensure_future(queue.answer(_row(0))) for _ in range(2)]
        ends = await asyncio.gather(small, large, *later, return_exceptions=True)
        assert [type(end) for end in ends[1:]] == [PredictionTimeout] * 3

    _asked(asking, _Model(), ServerSettings(timeout=0.2))


def test_more_than_may_wait_are_refused() -> None:
    """The limit holds for what waits for the loop as it does for what waits for the thread."""

    async def asking(queue: PredictionQueue) -> None:
        await _prove(queue)
        ends = await asyncio.gather(*(queue.answer(_row(0)) for _ in range(6)), return_exceptions=True)
        assert [type(end) for end in ends] == [Answer] * 4 + [Overloaded] * 2

    _asked(asking, _Model(), ServerSettings(queue_limit=4))
