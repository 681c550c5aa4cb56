"""One worker's endpoint in multi-model mode: ready at once, with no model until the platform loads one."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING

from byoml.serving.endpoint import Endpoint
from byoml.serving.model_loader import ModelLoader
from byoml.serving.registry import Registry
from byoml.serving.tracing import find_tracing

if TYPE_CHECKING:
    from byoml.serving.engine import Engine

__all__ = ["ModelsEndpoint"]


class ModelsEndpoint(Endpoint):
    """The models' lives in the one worker; a request is answered by the registry's model, not by this."""

    registry: Registry
    _modules = 0

    def start(self) -> None:
        """Begin to take loads; called in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._tracing = find_tracing(self._plan.env.environ)
        self.registry = Registry(ModelLoader(self._plan), self._plan.settings, self._observe, self._keep)
        self._sample()
        self._loaded.set()
        self._readiness.mark(self._slot)
        self._keep()

    def _keep(self) -> None:
        """Spare each unload's collection what stays anyway: now that there is no model, all that has been imported."""
        if len(sys.modules) > self._modules:
            self._modules = len(sys.modules)
            gc.collect()
            gc.freeze()

    def stop(self) -> None:
        super().stop()
        self.registry.stop()

    @property
    def ended(self) -> bool:
        return self.registry.ended

    @property
    def waiting(self) -> int:
        return self.registry.waiting

    async def loaded(self) -> Engine | None:
        return None
