"""What is loaded in a multi-model endpoint (contract/inference 1.7): load, unload and use models, all at once.

A model is there from the moment its load is answered until its unload begins. Loads and unloads of one name wait for
one another; those of different names do not, and nothing waits for predictions but the unload of their model.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from byoml.request_errors import ModelAlreadyLoaded, ModelNotLoaded, OutOfMemory, PredictionTimeout
from byoml.serving.headroom import give_memory_back
from byoml.serving.queue import PredictionQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
    from pathlib import Path
    from threading import Thread

    from byoml.plugin.values import Invocation, ServerSettings
    from byoml.serving.batch import Batch
    from byoml.serving.engine import Answer
    from byoml.serving.model_loader import Loaded, ModelLoader

__all__ = ["Model", "Registry"]


class Model:
    """One loaded model.

    Args:
        name: Its name, as the platform gave it.
        folder: Where it was loaded from.
        loaded: What loading gave.
        queue: Its requests, and the thread that answers them.
    """

    def __init__(self, name: str, folder: Path, loaded: Loaded, queue: PredictionQueue) -> None:
        self.name = name
        self.folder = folder
        self.loaded = loaded
        self.queue = queue
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Keep it from being unloaded."""
        self._users += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    async def unused(self) -> None:
        await self._unused.wait()

    async def answer(self, invocation: Invocation) -> Answer:
        return await self.queue.answer(invocation)


class Registry:
    """The models of one worker; all but loading itself happens in its event loop.

    Args:
        loader: Loads one.
        settings: Of each model's queue.
        observe: Called in the event loop with each batch that is done.
        emptied: Called when no model is left, and none is being loaded.
    """

    def __init__(
        self,
        loader: ModelLoader,
        settings: ServerSettings,
        observe: Callable[[Batch], None] | None = None,
        emptied: Callable[[], None] | None = None,
    ) -> None:
        self._loader = loader
        self._settings = settings
        self._observe = observe
        self._emptied = emptied
        self._models: dict[str, Model] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many requests wait for any model."""
        return sum(model.queue.waiting for model in self._models.values())

    def names(self) -> list[str]:
        return sorted(self._models)

    def get(self, name: str) -> Model:
        """Find a loaded model.

        Args:
            name: Its name.

        Returns:
            The model.

        Raises:
            ModelNotLoaded: It is not, not yet, or not any more.
        """
        model = self._models.get(name)
        if model is None:
            raise ModelNotLoaded(name)
        return model

    async def load(self, name: str, folder: Path) -> None:
        """Load a model; it can predict on return. It is loaded to the end even if nobody waits for that any more.

        Args:
            name: Its name.
            folder: Its files.

        Raises:
            ModelAlreadyLoaded: It is there.
            OutOfMemory: It does not fit; nothing of it is left.
            ModelLoadFailed: It cannot be loaded; nothing of it is left.
        """
        await self._to_its_end(self._load(name, folder))

    async def unload(self, name: str) -> None:
        """Unload a model once nobody uses it; its memory is free on return.

        Args:
            name: Its name.

        Raises:
            ModelNotLoaded: It is not there.
            PredictionTimeout: Its function does not end; its memory is not free.
        """
        await self._to_its_end(self._unload(name))

    def stop(self) -> None:
        for model in self._models.values():
            model.queue.stop()
        self._loader.stop()

    @property
    def ended(self) -> bool:
        return all(model.queue.ended for model in self._models.values())

    async def _to_its_end(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        await asyncio.shield(task)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may wait for it any more

    @asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield

    async def _load(self, name: str, folder: Path) -> None:
        async with self._alone(name):
            if name in self._models:
                raise ModelAlreadyLoaded(name)
            loop = asyncio.get_running_loop()
            queue = PredictionQueue(self._settings, loop, self._observe)
            loaded: asyncio.Future[Loaded] = loop.create_future()
            try:
                queue.start(lambda: self._loader.attempt(name, folder, loop, loaded))
            except RuntimeError:  # no thread more can be had
                raise OutOfMemory(f"starting a thread for {name!r}") from None
            try:
                self._models[name] = Model(name, folder, await loaded, queue)
            except Exception:
                await loop.run_in_executor(None, give_memory_back)
                raise

    async def _unload(self, name: str) -> None:
        async with self._alone(name):
            model = self._models.pop(name, None)
            if model is None:
                raise ModelNotLoaded(name)
            await model.unused()
            model.queue.stop()
            loop = asyncio.get_running_loop()
            ended = await loop.run_in_executor(None, _joined, model.queue.threads, self._settings.timeout)
            model.loaded.close()
            del model
            await loop.run_in_executor(None, give_memory_back)
            if self._emptied is not None and not self._models and len(self._tasks) == 1:
                self._emptied()
            if not ended:
                raise PredictionTimeout(self._settings.timeout)


def _joined(threads: Sequence[Thread], timeout: float) -> bool:
    for thread in threads:
        thread.join(timeout)
    return not any(thread.is_alive() for thread in threads)
